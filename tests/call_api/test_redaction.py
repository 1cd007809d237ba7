"""An excerpt holds the API's words, and nobody's data."""

import html
import json
import time
from functools import partial
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.call_api.redaction import excerpt
from tests.support.call_service.start import EMAIL, NUMBER, SECRET, TOKEN

SECRETS = [SECRET, TOKEN, EMAIL]
WRITTEN = {
    "as it is": str,
    "in capitals": str.upper,
    "in small letters": str.lower,
    "in JSON": json.dumps,
    "in HTML": html.escape,
    "in a path": quote,
    "in a query": quote_plus,
    "in a query with @": partial(quote, safe="@"),
}


def redact(text: str | bytes) -> str:
    body = text if isinstance(text, bytes) else text.encode()
    return excerpt(body, secrets=SECRETS, number=NUMBER)


@pytest.mark.parametrize(
    "number",
    [
        "+33612345678",
        "33612345678",
        "0033612345678",
        "0612345678",
        "612345678",
        "+33 6 12 34 56 78",
        "+33 (0)6 12 34 56 78",
        "+33.6.12.34.56.78",
        "06 12 34 56 78",
        "06-12-34-56-78",
        "06\n12\t34\r56\u00a078",
        "06\u200b12345678",
        "0\x006\x001\x002345678",
        "%2B33612345678",
        "\\u002b33612345678",
        "tel:+33612345678;ext=1",
    ],
)
def test_a_number_is_hidden_however_it_is_written(number: str):
    found = redact(f"cannot call {number}, sorry")
    assert found.startswith("cannot call")
    assert found.endswith(", sorry")
    assert "•••" in found
    assert not any(digit in found for digit in "345678")


def test_other_digits_stay():
    assert redact("error 4711 at 12:34:56, line 33") == "error 4711 at 12:34:56, line 33"


@pytest.mark.parametrize("secret", SECRETS, ids=["client secret", "token", "email"])
@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
def test_a_secret_is_hidden_however_it_is_written(secret: str, write):
    written = write(secret)
    found = redact(f"before <{written}> after")
    assert written.strip("'\"") not in found
    assert found.startswith("before <")
    assert found.endswith("> after")


@pytest.mark.parametrize(
    "email", ["é@exämple.fr", "a b\t@c.d", " padded@c.d ", "é/b@c.d", '"a"@b.c']
)
def test_an_odd_email_is_hidden(email: str):
    for body in (
        f"no {email} here".encode(),
        f"no {email} here".encode("latin-1"),
        f"no {email} here".encode() + b"\xff",
        json.dumps({"no": email}).encode(),
        json.dumps({"no": email}).replace("/", "\\/").encode(),
    ):
        found = excerpt(body, secrets=[email])
        assert "•••" in found
        assert email.strip() not in found


@pytest.mark.parametrize(
    "text",
    ["Bearer abc.def", "BEARER  abc.def", "bearer%20abc.def", "Bearer+abc.def", '"Bearer abc.def"'],
)
def test_any_bearer_is_hidden(text: str):
    assert "abc" not in redact(text)


def test_any_json_web_token_is_hidden():
    assert redact("got eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln, why?") == "got •••, why?"


def test_the_longer_secret_is_hidden_whole_when_another_begins_it():
    assert excerpt(b"x abcdef y", secrets=["abc", "abcdef"]) == "x ••• y"


def test_a_secret_across_the_cut_leaves_no_half():
    found = redact("x" * 495 + TOKEN)
    assert found == "x" * 495 + "•••"


def test_what_was_hidden_is_not_cut_back_open():
    found = redact("." * 498 + NUMBER + "tail")
    assert found == "." * 498 + "••"


def test_a_redacted_answer_is_one_line_without_control_characters():
    assert redact("a\r\n\tb\x00\x1b[31m\u202ec  d\u2028e") == "a b[31mc d e"


@pytest.mark.parametrize("body", [b"", b"\x00", b"\xff\xfe", "\ufeff".encode()])
def test_a_body_of_nothing(body: bytes):
    assert len(redact(body)) <= 2


def test_empty_secrets_hide_nothing():
    assert excerpt(b"as it was", secrets=["", " ", "\x00"], number="") == "as it was"


@pytest.mark.long
@given(st.binary(max_size=300), st.lists(st.text(max_size=20), max_size=3), st.text(max_size=20))
def test_nothing_makes_it_fail(body: bytes, secrets: list[str], number: str):
    assert len(excerpt(body, secrets=secrets, number=number)) <= 500


@given(st.text(max_size=30), st.text(max_size=30))
def test_an_email_never_stays(before: str, after: str):
    assert EMAIL not in redact(f"{before}{EMAIL}{after}".encode(errors="replace"))


@pytest.mark.parametrize(
    "piece",
    [b"6-", b"06 ", b"(0)", b"Bearer ", b"bearer+", b"eyJaaaaa.", b"eyJ", b"\\u00", b"0" * 9],
)
def test_no_body_takes_long(piece: bytes):
    began = time.thread_time()  # of this thread, whatever else the machine does
    redact(piece * (65536 // len(piece)))
    assert time.thread_time() - began < 1
