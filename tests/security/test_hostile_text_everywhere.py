"""Every field of every form and every parameter takes hostile text without breaking anything.

The forms are found by looking at the pages, so that a new one is tried as well.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from callbacks.abuse import block_list
from callbacks.consent import chain as consent_chain
from callbacks.data_protection import erasure
from callbacks.intake import accept
from callbacks.models import Block, CallRequest
from callbacks.public.form import identity, visit_source
from tests.support.extra_fields import CUSTOMER, NAME, ORDER, SUBJECT
from tests.support.factories import make_submission, make_widget
from tests.support.forms import FILLED
from tests.support.samples.addresses import every_address
from tests.support.staff.pages import signed_in
from tests.support.staff.signing_in import SET_UP, with_password, with_phone

pytestmark = [pytest.mark.django_db, pytest.mark.minutes]

LONG = "x" * 10_000
HOSTILE = {
    "null": "06\x0012",
    "right to left": "\u202e06 12 34 56 78\u202c\u200f",
    "homoglyphs": "O6 l2 ٣٤ ５６ 𝟕𝟖",
    "long": LONG,
    "long and wide": "é😀" * 5_000,
    "long number": "9" * 10_000,
    "header": "x\r\nX-Injected: 1\r\n\r\n<html>",
    "elsewhere": "//evil.example/\\evil.example",
    "address": "https://evil.example/",
    "script": "\"'><script>alert(1)</script>{{ 1 }}{% now %}%s%(n)s{0}",
    "surrogates": "\ud800\udfff".encode("utf-8", "surrogatepass").decode("latin-1"),
    "not a character": "\uffff\ufdd0\x7f\x1b[31m",
    "sql": "' OR 1=1; DROP TABLE callbacks_block; --",
    "path": "../../../../etc/passwd",
}
# Alone in a form that is right otherwise, so that it gets as far as it can.
ALONE = ("null", "right to left", "long", "header")
PARAMETERS = (
    *("q", "next", "p", "o", "e", "all", "back", "page", "request", "lang", "theme", "to"),
    *("_popup", "_to_field", "_changelist_filters", "status__exact", "kind", "format", "widget"),
    *("id__exact", "at_from", "csp", "requests", "colour", "level", "days", "from"),
)
LEAVING = "logout/"


@dataclass
class Found:
    """A form: where it goes, and what it sends as it stands."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


class Reader(HTMLParser):
    """Unlike `tests.support.forms`, it sees areas, choices and fields that belong to no form."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[Found] = []
        self._inside = False
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = values.get("action", "") or self.address
            self.forms.append(Found(action, values.get("method", "get").lower()))
            self._inside = True
        if not self._inside:
            return
        form, name = self.forms[-1], values.get("name", "")
        if tag == "select":
            self._select = name
            form.fields.setdefault(name, [])
        elif tag == "option" and "selected" in values and self._select:
            form.fields[self._select].append(values.get("value", ""))
        elif tag == "textarea" and name:
            form.fields.setdefault(name, []).append("")
        elif tag in {"input", "button"} and name:
            if values.get("type") == "file":
                form.files.append(name)
            elif values.get("type") in {"checkbox", "radio"}:
                form.fields.setdefault(name, [])
                if "checked" in values:
                    form.fields[name].append(values.get("value", "on"))
            else:
                form.fields.setdefault(name, []).append(values.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "form":
            self._inside = False


def forms_at(client: Client, address: str) -> list[Found]:
    response = client.get(address)
    if response.streaming or "html" not in response.get("Content-Type", ""):
        return []
    reader = Reader(address)
    reader.feed(response.content.decode())
    return [form for form in reader.forms if not form.action.endswith(LEAVING)]


def tries(form: Found, *, alone: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """What to send: each hostile text in all fields at once, and a few in each field `alone`."""
    names = [name for name in form.fields if name != "csrfmiddlewaretoken"]
    for kind, text in HOSTILE.items():
        files = {name: SimpleUploadedFile("f", text.encode()) for name in form.files}
        yield f"{kind} everywhere", dict.fromkeys(names, text) | files
        for name in form.files:
            yield f"{kind} named", {name: SimpleUploadedFile(f"{text[:200]}.csv", b"a,b")}
    for name in names if alone else []:
        for kind in ALONE:
            yield f"{kind} in {name}", form.fields | {name: [HOSTILE[kind]]}


def check(response: Any, what: str) -> None:
    assert response.status_code < 500, what
    assert "X-Injected" not in response, what
    assert "evil.example" not in response.get("Location", "").partition("?")[0], what
    assert b"<script>alert(1)" not in getattr(response, "content", b""), what


def send(client: Client, form: Found, *, alone: bool = True) -> int:
    sent = 0
    for what, data in tries(form, alone=alone):
        ask = client.post if form.method == "post" else client.get
        if form.method != "post":
            data = {name: value for name, value in data.items() if name not in form.files}
        check(ask(form.action, data), f"{what}, sent to {form.action}")
        sent += 1
    return sent


@pytest.fixture
def filled(monkeypatch: pytest.MonkeyPatch, chief: User) -> CallRequest:
    """Something on every page, and nobody turned away for how much is sent."""
    monkeypatch.setattr("django.conf.settings.RATE_SIGN_IN", "100000/m")
    monkeypatch.setattr("django.conf.settings.RATE_PER_ADDRESS", "100000/m")
    monkeypatch.setattr("django.conf.settings.RATE_PASSWORD_RESET", "100000/m")
    widget = make_widget(extra_fields=[ORDER, SUBJECT, CUSTOMER, NAME])
    call_request = accept.accept(make_submission(widget, email="jo@example.fr")).call_request
    consent_chain.chain_up()
    block_list.add("domain", "example.org", author=chief)
    erasure.erase(chief, email="nobody@example.fr")
    return call_request


@pytest.fixture
def chief() -> User:
    return User.objects.create(username="chief", is_staff=True, is_superuser=True, password="!")


def test_the_public_forms(filled: CallRequest) -> None:
    client, status = Client(), filled.get_absolute_url()
    form = filled.widget.get_absolute_url()
    places = [form, *(f"{status}{page}/" for page in ("number", "cancel", "never"))]
    sent = 0
    for start in ("", "/embed"):
        for place in places:
            address = place.replace("/w/", "/") if start else place
            CallRequest.objects.filter(pk=filled.pk).update(status="queued")
            Block.objects.all().delete()
            for found in forms_at(client, start + address):
                if "consent" in found.fields:
                    more = (*visit_source.FIELDS, *identity.FIELDS, "website", "proof", "lang")
                    found.fields |= {name: [""] for name in more}
                    found.fields |= {name: [value] for name, value in FILLED.items()}
                sent += send(client, found)
    assert sent > 200


def test_signing_in(filled: CallRequest, chief: User) -> None:
    with_password(chief)
    with_phone(chief)
    anonymous, half = Client(), signed_in(chief)
    uid_token = reverse("admin:password_reset_confirm", args=["MQ", "x"])
    sent = 0
    for client, address in (
        (anonymous, reverse("admin:login")),
        (anonymous, reverse("admin:admin_password_reset")),
        (anonymous, uid_token),
        (half, reverse("admin:second_step_check")),
        (half, SET_UP),
    ):
        for form in forms_at(client, address):
            sent += send(client, form)
    assert sent > 60


def addresses(share: int, of: int) -> list[str]:
    """One of several shares of the admin's pages, so that they can be tried side by side."""
    found = [address for address in every_address() if not address.endswith(LEAVING)]
    return [one for place, one in enumerate(found) if place % of == share]


def is_tried_elsewhere(client: Client, address: str, form: Found, pages: list[str]) -> bool:
    """Whether this adds a row, and the page that changes one has each of its fields.

    There the rest of the form is right, and here it is empty.
    """
    if not address.endswith("/add/"):
        return False
    change = re.compile(re.escape(address.removesuffix("add/")) + r"\d+/change/")
    found = [one for page in pages if change.fullmatch(page) for one in forms_at(client, page)]
    return any(set(form.fields) <= set(one.fields) for one in found)


@pytest.mark.parametrize("share", range(4))
def test_the_admins_forms(filled: CallRequest, chief: User, share: int) -> None:
    client = signed_in(chief)
    seen: set[tuple[Any, ...]] = set()
    sent = 0
    pages = addresses(0, 1)
    for address in pages[share::4]:
        if not address.startswith("/admin/"):
            continue
        for form in forms_at(client, address):
            # The same form, such as the language's in the head of each page, once is enough.
            which = (form.action.partition("?")[0], form.method, *sorted(form.fields))
            if which not in seen:
                seen.add(which)
                alone = not is_tried_elsewhere(client, address, form, pages)
                sent += send(client, form, alone=alone)
    assert sent > 50
    assert User.objects.filter(pk=chief.pk).exists()


@pytest.mark.parametrize("share", range(4))
def test_every_routes_parameters(filled: CallRequest, chief: User, share: int) -> None:
    client, anonymous = signed_in(chief), Client()
    for address in addresses(share, 4):
        for kind, text in HOSTILE.items():
            query = dict.fromkeys(PARAMETERS, text[:3_000])
            who = client if address.startswith("/admin/") else anonymous
            check(who.get(address, query), f"{kind} at {address}")


def test_the_query_of_a_page_that_adds_a_row(filled: CallRequest, chief: User) -> None:
    """Django would fill in the form from it."""
    client = signed_in(chief)
    pages = [one for one in addresses(0, 1) if re.match(r"/admin/.*/add/\Z", one)]
    assert len(pages) > 4
    for address in pages:
        names = {name for form in forms_at(client, address) for name in form.fields}
        # The editor of opening hours has fields of its own names.
        names |= {"opening_hours"}
        for kind, text in (HOSTILE | {"hours": "=Mo", "holidays": "=PH off"}).items():
            query = dict.fromkeys(names, text[:3_000])
            check(client.get(address, query), f"{kind} at {address}")


def test_a_key_that_is_quoted_as_django_quotes_it(filled: CallRequest, chief: User) -> None:
    client = signed_in(chief)
    row = re.compile(r"(/admin/\w+/\w+/)(\d+)(/(?:change/|delete/|history/)?)")
    found = [match for one in addresses(0, 1) if (match := row.fullmatch(one))]
    assert len(found) > 30
    for match in found:
        start, key, end = match.groups()
        targets: set[str] = set()
        for quoted in (f"_3{key}", f"{key}_0A", f"_5F{key}", f"{key}_5F0", f"{key}_", "_FF", "_2F"):
            response = client.get(address := f"{start}{quoted}{end}")
            check(response, address)
            targets |= {response["Location"]} if "Location" in response else set()
        # The page they lead to shows the messages of all of them.
        for target in targets:
            check(client.get(target, follow=True), f"{target}, after {match[0]}")


def test_a_null_character_in_a_query_is_refused(filled: CallRequest, chief: User) -> None:
    """PostgreSQL would fail at it, wherever a view passes it on."""
    for client in (Client(), signed_in(chief)):
        for address in addresses(0, 1):
            assert client.get(f"{address}?x=%00").status_code == 400, address
