"""A body that ends too soon, or comes in chunks, breaks no operation and no page."""

from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import BadRequest
from django.test import Client

from callback_site.bodies import WholeBody, whole
from callbacks.models import CallRequest
from tests.support.samples.addresses import every_address
from tests.support.staff.pages import signed_in
from tests.support.staff.roles import member

pytestmark = pytest.mark.django_db

# As anybody can make one up: with it, nobody looks for the token in the body.
CSRF = {
    "cookie": f"csrftoken={'a' * 32}",
    "x-csrftoken": "a" * 32,
    "referer": "https://testserver/",
}
FORM, FILES = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"


@pytest.mark.long
@pytest.mark.parametrize("content_type", [FORM, FILES])
@pytest.mark.parametrize("is_staff", [False, True], ids=["anybody", "staff"])
def test_half_a_body_breaks_no_route(content_type: str, is_staff: bool) -> None:
    """5 of 20 bytes arrive."""
    addresses, before = every_address(), CallRequest.objects.count()
    client = Client(enforce_csrf_checks=True, headers=CSRF)
    if is_staff:
        client = signed_in(member("managers"))
    statuses = set()
    for address in addresses:
        body = {"wsgi.input": WholeBody(BytesIO(b'{"a":'), 20), "CONTENT_LENGTH": "20"}
        answer = client.post(address, content_type=content_type, secure=True, **body)  # type: ignore[arg-type]
        assert answer.status_code < 500, address
        statuses.add(answer.status_code)
    assert 400 in statuses
    assert CallRequest.objects.count() == before


class Chunks(BytesIO):
    """A body in chunks as gunicorn hands it over; `error` is what is wrong with the last chunk."""

    def __init__(self, body: bytes, error: Exception | None = None) -> None:
        super().__init__(body)
        self.error = error

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        assert 0 < size <= settings.LARGEST_BODY + 1, "all of it, however much it is"
        if self.error:
            raise self.error
        return super().read(size)


def received(environ: dict[str, Any]) -> tuple[str | None, bytes]:
    """Return the length that the application is told, and the body that it reads."""
    found: list[Any] = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        length = environ.get("CONTENT_LENGTH")
        found.append((length, environ["wsgi.input"].read() if length else b""))
        return []

    whole(application)(environ, None)
    return found[0]


def test_a_body_in_chunks_is_read_as_any_other() -> None:
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    assert received(chunked | {"wsgi.input": Chunks(b'{"a": 1}')}) == ("8", b'{"a": 1}')
    assert received(chunked | {"wsgi.input": Chunks(b"")}) == ("0", b"")


def test_of_a_body_in_chunks_not_more_is_read_than_is_taken() -> None:
    most = settings.LARGEST_BODY
    chunked = {"HTTP_TRANSFER_ENCODING": "gzip, Chunked", "wsgi.input_terminated": True}
    length, _body = received(chunked | {"wsgi.input": Chunks(b"x" * (most + 100))})
    assert length == str(most + 1)


@pytest.mark.parametrize("error", [OSError(), ValueError("no chunk size")])
def test_a_body_in_chunks_that_breaks_off_cannot_be_read(error: Exception) -> None:
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    with pytest.raises(BadRequest):
        received(chunked | {"wsgi.input": Chunks(b"{", error)})


def test_a_server_that_cannot_tell_the_end_of_a_body_in_chunks_reads_none() -> None:
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": Chunks(b"{}")}
    assert received(chunked) == (None, b"")
