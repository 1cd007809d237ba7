"""Act as a visitor's browser without JavaScript: read the page, send its form, follow redirects."""

import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Page:
    """An answer: `url` is the address after redirects, `fields` those of the page's first form."""

    status: int
    url: str
    text: str
    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)


class _FirstForm(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.inside = False
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and self.action is None:
            self.action, self.inside = values.get("action", ""), True
        unticked = values.get("type") == "checkbox" and "checked" not in values
        if tag == "input" and self.inside and "name" in values and not unticked:
            self.fields[values["name"]] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False


def fetch(url: str, data: dict[str, str] | None = None) -> Page:
    """Send a GET, or a POST with `data`; follow redirects as a browser does."""
    body = None if data is None else urllib.parse.urlencode(data).encode()
    try:
        with urllib.request.urlopen(url, body, timeout=30) as answer:
            status, where, text = answer.status, answer.url, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, where, text = error.code, error.url or url, error.read().decode()
    form = _FirstForm()
    form.feed(text)
    action = urllib.parse.urljoin(where, form.action or "")
    return Page(status, where, text, action, form.fields)


def ask_for_a_call(page_url: str, number: str, email: str = "jo@example.fr") -> Page:
    """Open the form, and send it as a person would."""
    page = fetch(page_url)
    assert page.status == 200, page.text
    return fetch(page.action, page.fields | {"number": number, "email": email, "consent": "on"})
