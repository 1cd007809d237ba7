"""Every page of the admin in French: no word of it is left in English."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from callbacks.accounts import audit_log
from callbacks.staff.accounts import audit_log_words
from tests.support.staff.routes import CHIEF, TABLE, address_of, make_rows, person, routes

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

# The same in both languages: words of French that English has taken, languages, abbreviations.
SAME = {
    *(
        "Action",
        "Active",
        "Cache",
        "Code",
        "Installation",
        "Introduction",
        "Message",
        "Messages",
        "Migrations",
        "Navigation",
        "Note",
        "Page",
        "Permissions",
        "Version",
    ),
    *(
        "Webhook",
        "Webhooks",
        ": Webhooks",
        "Widget",
        "Widgets",
        "1 widget",
        "English",
        "en",
        "français",
        "fr",
        "FR",
        "SHA-256",
    ),
}
# What people have written, and what stands for a number, an address or a key.
WRITTEN = re.compile(
    r"Shop( \(…[\w-]{4}\))?|…[\w-]{4}"
    r"|Widget \d+.*|scenario-\d+|[Ss]omebody|[Ss]ome|chief|ABC|Yes|spam\.example|.*@example\.fr"
    r"|[Cc]rm\.example #\d+|https?://\S+|[A-Z]{2} \(\+\d+\)|[\w-]{16}"
    r"|Please call me about this request\."
)
FACTS: dict[str, Any] = {
    "kind": "outage",
    "copy_of": "Shop",
    "changed": ["groups", "email"],
    "hours": ["-opening_hours=", "+opening_hours=Mo-Fr 09:00-12:00", "+opening_hours=Dec 24 off"],
    "roles": ["managers"],
    "superuser": True,
    "inactive": True,
    "requests": 2,
    "entries": 2,
    "problems": 2,
    "masked": True,
    "filter": "status=failed",
    "ended": "idle",
    "unknown_account": True,
    "recovery_code": True,
    "operator": "root",
    "by_hand": True,
    "until": "2026-06-01T12:00:00+00:00",
    "origin": "https://shop.example",
    "scopes": ["requests:read"],
    "recipient": 3,
    "notices": ["new", "problems", "unseen", "digest"],
    "only_widget": "Shop",
    "with_contact": True,
    "count": 2,
    "moved_from": "2026-06-01T12:00:00+00:00",
    "moved_to": "2026-06-02T12:00:00+00:00",
    "key": "Shop",
}
# Time zones and places, of which many have the same name in both languages.
PLACE = re.compile(r"[A-Z]{2}(-\w+)?|UTC|[A-Z]\w+/[\w/+-]+")
# In the language of the visitor, whoever reads it.
THEIRS = {"callbacks_callrequest_visitor"}
READ_ALOUD = ("aria-label", "title", "alt", "placeholder", "data-copied")


class Words(HTMLParser):
    """Collects the texts of a page that people see or hear, but for those of code."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style", "code", "pre", "textarea", "svg"}:
            self._within.append(tag)
        given = dict(attrs)
        if tag == "option" and PLACE.fullmatch(given.get("value") or ""):
            self._within.append(tag)
        if given.get("lang"):
            return  # a text in another language, which says which
        if "material-symbols-outlined" in (given.get("class") or ""):
            self._within.append(tag)
        self.found |= {(given.get(name) or "").strip() for name in READ_ALOUD}
        if tag == "input" and given.get("type") in {"submit", "button"}:
            self.found.add(given.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        if not self._within:
            self.found.add(" ".join(data.split()))


def words_of(html: str) -> set[str]:
    parser = Words()
    parser.feed(html)
    texts = {text for text in parser.found if re.search(r"[A-Za-z]{2}", text)} - SAME
    return {text for text in texts if not WRITTEN.fullmatch(text)}


@pytest.mark.parametrize(
    "name", [name for name, (get, _) in TABLE.items() if "C" in get and name not in THEIRS]
)
def test_nothing_on_the_page_is_left_in_english(name: str) -> None:
    rows = make_rows()
    cookies = person(CHIEF).cookies
    (pattern,) = (pattern for pattern, each in routes() if each == name)
    pages = []
    for language in ("en", "fr"):
        client = Client(headers={"accept-language": language})
        client.cookies = cookies.copy()  # type: ignore[assignment]
        answer = client.get(address_of(pattern, rows), follow=True)
        if "text/html" not in answer["Content-Type"]:
            return
        pages.append(words_of(answer.text))
    assert sorted(pages[0] & pages[1]) == []


def test_each_action_and_fact_of_the_audit_log_is_translated(staff: Client, chief: User) -> None:
    for action in audit_log.LABELS:
        audit_log.record(chief, action)
    assert FACTS.keys() | {"format"} == audit_log_words._WORDS.keys()
    for name, value in FACTS.items():
        audit_log.record(chief, audit_log.EXPORT, chief, **{name: value})
    address = reverse("admin:callbacks_auditentry_changelist")
    pages = [
        words_of(staff.get(address, headers={"accept-language": language}).text)
        for language in ("en", "fr")
    ]
    assert pages[0] & pages[1] == {"2 messages"}  # the same in both languages
    assert len(pages[0]) > len(audit_log.LABELS) + len(FACTS)
