"""What the staff pages share: how a page is rendered, masking, lists, forms, formatting.

- `background`: requests that a page sends by itself, to refresh what it shows.
- `chips`: the filters that are set on a list, each with a link that removes it.
- `current_user`: the account that a request of a staff page comes from.
- `formatting`: format what the pages show: badges, times, durations, names of requests.
- `long_select`: render the lists of a form that have hundreds of entries.
- `look_ups`: limit how many numbers and emails an account may look up, if it may not see them.
- `model_admin`: the base classes of all tables in the admin.
- `number_in_full`: a phone number shown in full, with a link to call it and a button to copy it.
- `pages`: render the pages of the admin that belong to no table.
- `paginator`: pages of a long list, without counting all its rows.
- `read_only`: Tables that are evidence: the admin shows them, and changes nothing in them.
- `unmasking`: numbers and emails are masked for everybody, until a person with the right to see
  them asks.
- `urls`: addresses of the list of requests with filters set.
- `visits`: where the visitors of a period asked from: the campaign, the page and the topic of each
  request.
- `waiting`: how long requests wait for their calls.
"""
