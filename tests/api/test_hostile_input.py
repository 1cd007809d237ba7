"""Whatever is sent to an operation: a problem document, nothing changed, nothing told to a log."""

import json
import logging
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from callback_site.bodies import WholeBody
from callbacks.api import problems
from callbacks.api.routes import MOST_ERRORS
from callbacks.core import clock
from callbacks.models import Scope
from tests.support.api import API, make_key
from tests.support.factories import make_request, make_widget

pytestmark = pytest.mark.django_db

SITE = "https://www.shop.example"
NUMBER, EMAIL = "+33612345678", "marked.visitor@example.fr"


class Caller:
    """A system with every right, and what it would send to each operation with a body."""

    def __init__(self) -> None:
        self.secret = make_key(*Scope)
        widget = make_widget(allowed_origins=[SITE])
        call_request = make_request(widget=widget, number="+33612345679")
        given_at = clock.now().isoformat()
        created = {
            "widget": widget.public_id,
            "number": NUMBER,
            "email": EMAIL,
            "consent": {"text": "Call me.", "given_at": given_at},
        }
        sent = {"form_token": "x", "number": NUMBER, "email": EMAIL, "consent": True}
        self.bodies: dict[str, dict[str, Any]] = {
            f"{API}/requests": created,
            f"{API}/requests/search": {"number": NUMBER, "email": EMAIL},
            f"{API}/requests/{call_request.public_id}/move": {"when": "opening"},
            f"{API}/widgets/{widget.public_id}/requests": sent,
            f"{API}/blocks": {"kind": "number", "value": NUMBER},
        }
        self.client = Client(
            headers={
                "authorization": f"Bearer {self.secret}",
                "origin": SITE,
                "idempotency-key": "key-1",
            }
        )

    def post(self, path: str, body: bytes, content_type: str = "application/json") -> Any:
        return self.client.post(path, body, content_type=content_type)


@pytest.fixture
def caller(caplog: pytest.LogCaptureFixture, settings: Any) -> Iterator[Caller]:
    """Yield a caller; then check that nothing was changed, and no log tells what was sent."""
    settings.RATE_PER_KEY = settings.RATE_PER_ADDRESS = "100000/s"
    made = Caller()
    before = stored()
    caplog.set_level(logging.DEBUG)
    yield made
    assert stored() == before
    for secret in (made.secret, "612345678", "marked.visitor"):
        assert secret not in caplog.text


def stored() -> list[Any]:
    """Return all rows, but for when the key was last used."""
    return [
        {name: value for name, value in row.items() if name != "last_used_at"}
        for model in apps.get_models()
        for row in model._base_manager.order_by("pk").values()
    ]


def check(response: Any, *statuses: int) -> dict[str, Any]:
    assert response.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = json.loads(response.content)
    assert response.status_code in statuses, document
    assert "612345678" not in response.content.decode()
    assert "marked.visitor" not in response.content.decode()
    return document


VALUES: list[Any] = [
    *(None, True, -1, 0.5, 10**15, -(10**400), "", "\x00", "\ud800", "\u202e", "é" * 20_000),
    *([], [[]], {}, {"": 1}, ["x"] * 1000, {"$gt": ""}, "9" * 5000, "1e400", "' OR 1=1 --"),
]


@pytest.mark.long
def test_a_wrong_value_of_any_field(caller: Caller) -> None:
    tried = 0
    for path, body in caller.bodies.items():
        for name in body:
            for value in VALUES:
                sent = body | {name: value}
                if path.endswith(("search", "requests")) and name == "email":
                    sent["number"] = ""  # so that the email alone does not make it right
                response = caller.post(path, json.dumps(sent).encode())
                if path.endswith("search") and response.status_code == 200:
                    continue  # a text that nobody has
                check(response, 400, 409, 413, 422)
                tried += 1
    assert tried > 250


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b" ", b"null", b"[]", b"1", b'"x"', b"{", b"}", b"{}{}", b"\xef\xbb\xbf{}"),
        *(b"\xff\xfe", b'{"number": "\xff"}', b'{"number": "\xed\xa0\x80"}', b"{'number': 1}"),
        *(b"[" * 60_000, b'{"a":' * 12_000, b'{"number": NaN}', b'{"number": -Infinity}'),
        *(b'{"limit": ' + b"9" * 60_000 + b"}", b"1" * 60_000, b"\x00" * 100),
        '{"number": "1"}'.encode("utf-16"),
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_json_object(caller: Caller, body: bytes) -> None:
    for path in caller.bodies:
        response = caller.post(path, body)
        if path.endswith("search") and response.status_code == 200:
            continue
        check(response, 400, 422)


def test_half_a_body(caller: Caller) -> None:
    for path, body in caller.bodies.items():
        sent = json.dumps(body).encode()
        arrived = WholeBody(BytesIO(sent[:-5]), len(sent))
        environ: Any = {"wsgi.input": arrived, "CONTENT_LENGTH": str(len(sent))}
        response = caller.client.post(path, content_type="application/json", **environ)
        assert check(response, 400)["type"] == problems.UNREADABLE.type


def test_a_name_that_occurs_twice(caller: Caller) -> None:
    for path, body in caller.bodies.items():
        name, value = next(iter(body.items()))
        text = json.dumps(body)
        twice = "{" + f'"{name}": {json.dumps(value)}, ' + text[1:]
        assert json.loads(twice) == body
        check(caller.post(path, twice.encode()), 400)


def test_a_thousand_names(caller: Caller) -> None:
    for path, body in caller.bodies.items():
        more = {f"n{index}": index for index in range(1000)}
        document = check(caller.post(path, json.dumps(body | more).encode()), 422)
        assert len(document["errors"]) == MOST_ERRORS
        personal = {NUMBER: 1, EMAIL: {}}
        check(caller.post(path, json.dumps(body | personal).encode()), 422)


@pytest.mark.parametrize(
    "content_type",
    [
        *("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
        *("application/xml", "text/json", "application/problem+json", "", "é", "x" * 5000),
    ],
)
def test_another_content_type(caller: Caller, content_type: str) -> None:
    for path, body in caller.bodies.items():
        check(caller.post(path, json.dumps(body).encode(), content_type), 400, 415)


def test_ten_megabytes(caller: Caller) -> None:
    for path, body in caller.bodies.items():
        large = json.dumps(body | {"reason": "x" * 10_000_000}).encode()
        check(caller.post(path, large), 413)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=" + "9" * 5000,
        "limit=1e9",
        "limit=%00",
        "cursor=" + "x" * 5000,
        "cursor=%ff",
        "status=%F0%9F%92%A9",
        "created_from=9999-12-31T23:59:59-23:59",
        "created_from=-1",
        "kind=everything",
        "in_force=maybe",
        "&".join(f"limit={index}" for index in range(3000)),
    ],
    ids=lambda query: query[:20],
)
def test_a_wrong_query(caller: Caller, query: str) -> None:
    answers = [caller.client.get(f"{API}/{path}?{query}") for path in ("requests", "blocks")]
    assert {answer.status_code for answer in answers} <= {200, 400, 422}
    wrong = [answer for answer in answers if answer.status_code != 200]
    assert wrong
    for answer in wrong:
        check(answer, 400, 422)
