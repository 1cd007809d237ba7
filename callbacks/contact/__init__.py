"""Phone numbers and email addresses: which ones are accepted, and their one stored form.

- `phone_numbers.parse` turns typed text into an `e164.E164Number`, or says why it cannot be called;
  `typed_number` first reduces the text to digits.
- `number_display` writes a number as people read it, in full or masked; `shown` writes what other
  systems get.
- `email_addresses.clean` turns typed text into the address that is sent to the Call API.
- `number_sentences` explains a refused number to the visitor.
- `french_plan` and `region_names` hold the numbering plan and the names of countries.
- `email_typos` recognises a mistyped domain; `invisible` removes characters that nobody sees.
- `company_numbers`: the company's own numbers: the one that its calls come from, and the one that
  visitors may dial.
- `fallback_contact`: how visitors reach the company when it cannot call them: a number, an email
  address or a page.

Models, intake and every interface may import it. It imports `core` only, and knows no model.
"""
