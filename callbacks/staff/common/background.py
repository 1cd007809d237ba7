"""Requests that a page sends by itself, to refresh what it shows.

`static/staff/refresh.js` sends them. The answer holds only the parts of the page that change. Such
a request does not count as activity, so it does not keep a session open that nobody uses.
"""

from django.http import HttpRequest

HEADER = "X-Background-Refresh"


def is_refresh(request: HttpRequest) -> bool:
    """Return whether the page sent this request by itself."""
    return HEADER in request.headers
