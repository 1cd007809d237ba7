"""Show visitors the page of their request, where they correct it, cancel it or refuse calls.

- `answers`: answer a visitor who changed a request that waits.
- `call_again`: take the click by which a visitor whose phone did not ring is called again.
- `click_offer`: sign and read the offer to be called again by one click, which the button of that
  name carries.
- `later_calls`: say in words when a call comes that is due later: at the next opening, or in a time
  slot.
- `mail_views`: stop emails: from the page of a request, or with the link in an email.
- `messages`: say in words what happened to a request: true for every status.
- `number_view`: let the visitor correct the number of a request that waits.
- `of_token`: find the request whose token stands in the address.
- `pages`: render the pages about a request: its status, the questions, and the copy for staff.
- `sender`: recognise the person who sent the form: only they see the number in full.
- `status_message`: what the status page says about a request at one moment.
- `time_view`: let the visitor choose another time for a call that comes later.
- `times`: times in words, in the site's time zone and the active language.
- `views`: show what happened to a request, as a page and as JSON, and let the visitor act on it.
- `waiting_message`: say in words when the call of a waiting request will come.
"""
