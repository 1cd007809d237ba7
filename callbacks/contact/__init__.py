"""Phone numbers and email addresses: which ones are accepted, and their one canonical form.

`phone_numbers.parse` gives E.164; `email_addresses.clean` gives the address as it will be sent.
Models use them; they know no model. They import `core` alone.
"""
