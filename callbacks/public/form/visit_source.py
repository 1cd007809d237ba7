"""Clean what the page with the widget says about itself: where the visitor asked from.

Anybody can send anything here. Of an address only the scheme, host, path and campaign parameters
are kept: other parameters, user names and fragments may hold secrets of the site or of its visitor.
Campaign parameters are `utm_*`, and those that the widget allows by name (`names`).
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.http import HttpRequest

from callbacks.intake.submission import VisitSource
from callbacks.models import CallRequest

FIELDS = ("page_url", "page_title", "referrer")
LONGEST_ADDRESS = 500
LONGEST_TITLE = 200
# Some advertisers' click IDs, such as Facebook's, are longer than 200 characters.
LONGEST_VALUE = 300
MOST_KEPT = 15
MOST_PARAMETERS = 200
# Far longer than any address that is kept. The rest of a longer text is not read.
LONGEST_READ = 8000

_UTM = re.compile(r"utm_[a-z_]{1,20}\Z")


def fields(sent: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """Return what was sent, cleaned, as hidden fields for a form that is shown again."""
    origin = read(sent, names)
    values = (origin.page_url, origin.page_title, origin.referrer)
    return {name: value for name, value in zip(FIELDS, values, strict=True) if value}


def of(call_request: CallRequest) -> dict[str, str]:
    """Return where an earlier request was asked from, as hidden fields for a form."""
    return {name: value for name in FIELDS if (value := getattr(call_request, name))}


def at_first(request: HttpRequest, names: Collection[str]) -> dict[str, str]:
    """Return the page that has the link or the frame, as the browser itself names it (`Referer`).

    Usually the browser gives only the page's origin. Our own pages are left out.
    """
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return {}
    page = clean_address(request.headers.get("Referer", ""), names)
    ours = f"{request.scheme}://{request.get_host()}/"
    return {"page_url": page} if page and not page.startswith(ours) else {}


def from_choice(request: HttpRequest, names: Collection[str]) -> dict[str, str]:
    """Return the same for a form that follows our question about the topic, which passed it on."""
    page = clean_address(request.GET.get("page_url", ""), names)
    return {"page_url": page} if page else {}


def read(sent: Mapping[str, str], names: Collection[str]) -> VisitSource:
    """Return what was sent, cleaned and shortened to the maximum lengths."""
    page = sent.get("page_url", "")
    return VisitSource(
        page_url=clean_address(page, names),
        page_title=clean_text(sent.get("page_title", ""))[:LONGEST_TITLE],
        referrer=clean_address(sent.get("referrer", ""), names),
        campaign=_campaign(_query(page), names),
    )


def clean_address(text: str, names: Collection[str] = ()) -> str:
    """Return an http(s) address with campaign parameters only, without user name and fragment.

    Return "" for anything else. An address that is too long loses its parameters first, and then
    the end of its path.
    """
    try:
        parts = urlsplit(clean_text(text))
        port = parts.port
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host:
        return ""
    host = f"[{host}]" if ":" in host else host
    place = f"{host}:{port}" if port else host
    bare = urlunsplit((parts.scheme, place, parts.path or "/", "", ""))
    campaign = _campaign(_query(text), names)
    full = f"{bare}?{urlencode(campaign)}" if campaign else bare
    return full if len(full) <= LONGEST_ADDRESS else bare[:LONGEST_ADDRESS]


def clean_text(text: str) -> str:
    """Return `text` as one line, without control, format and lone surrogate characters."""
    line = re.sub(r"\s+", " ", text[:LONGEST_READ])
    return "".join(c for c in line if unicodedata.category(c) not in {"Cc", "Cf", "Cs"}).strip()


def _query(text: str) -> str:
    """Return the query of an address, or "" if it has none or cannot be read."""
    try:
        return urlsplit(clean_text(text)).query
    except ValueError:
        return ""


def _campaign(query: str, names: Collection[str]) -> dict[str, str]:
    """Return the campaign parameters in a query, shortened to the maximum lengths."""
    try:
        pairs = parse_qsl(query, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        return {}
    kept = {
        name: clean_text(value)[:LONGEST_VALUE]
        for name, value in pairs
        if name in names or _UTM.match(name)
    }
    return dict(list(kept.items())[:MOST_KEPT])
