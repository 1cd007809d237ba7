"""Pages that keep themselves fresh: what `static/staff/refresh.js` asks for.

Such a request is answered with the parts of the page that change, and is no activity of a person:
a session that is only refreshed ends like one that is left alone.
"""

from django.http import HttpRequest

HEADER = "X-Background-Refresh"


def is_refresh(request: HttpRequest) -> bool:
    """Return whether a page asks by itself, and not a person."""
    return HEADER in request.headers
