"""The list of requests: its tabs, its filters and its search.

- `booked_filter`: the filter of the list of requests by the time slot that visitors booked.
- `carried_filters`: carry the filters of the list from page to page, so that each page leads back
  to it.
- `change_list`: the list of requests, which is sorted by one column.
- `filters`: the filters of the list of requests.
- `last_digits`: find requests by the last digits of the number, and the day: "62", or "62
  24/11/2026".
- `neighbours`: the place of a request in the list it was opened from: "3 of 8", the previous, the
  next.
- `search`: find requests by what staff type, without a number in an address.
- `search_box`: the search box of the list of requests, which sends its text by POST.
- `source_filters`: the filters of the list of requests by campaign and by page.
- `tabs`: the tabs above the list of requests: All, To do, Waiting, Called.
- `topic_filter`: the filter of the list of requests by the topic that visitors chose.
"""
