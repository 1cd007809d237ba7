"""Whatever is sent, the answer is a clear one: nothing is created, and nothing breaks."""

from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from callbacks.models import CallRequest, Widget
from tests.support.factories import make_request, make_widget
from tests.support.forms import FILLED, form_of

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]


@pytest.fixture
def widget() -> Widget:
    return make_widget()


@pytest.fixture
def path(widget: Widget) -> str:
    return widget.get_absolute_url()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"number": "0612345678"}'),
        ("text/plain", b"number=0612345678"),
        ("", b"number=0612345678"),
        ("application/x-www-form-urlencoded", b"number=\xff\xfe&email=%ff%fe&consent=%00"),
        ("application/x-www-form-urlencoded", b"\0" * 1000),
        ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 3000)),
        ("application/x-www-form-urlencoded; charset=utf-16", b"number=1"),
        ("application/x-www-form-urlencoded; charset=hex", b"number=1"),
        ("application/x-www-form-urlencoded", b"number=" + b"1" * 300_000),
        ("multipart/form-data", b"number"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense\r\n"),
        ("multipart/form-data; boundary=" + "x" * 300, b"--x--"),
        (
            "multipart/form-data; boundary=x; charset=hex",
            b'--x\r\nContent-Disposition: form-data; name="number"\r\n\r\n06\r\n--x--\r\n',
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="number"; filename="a"\r\n\r\n'
            + b"0" * 300_000
            + b"\r\n--x--\r\n",
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="number"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--\r\n",
        ),
    ],
)
def test_a_strange_body_gets_a_clear_answer(path: str, content_type: str, body: bytes) -> None:
    response = Client().generic("POST", path, body, content_type=content_type)
    assert response.status_code in {400, 422}
    assert "<h1>" in response.content.decode()
    assert not CallRequest.objects.exists()


def test_what_is_too_large_is_refused_before_it_is_read(path: str) -> None:
    response = Client().generic(
        "POST", path, b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH="999999"
    )
    assert response.status_code == 400
    assert "default-src 'none'" in response["Content-Security-Policy"]


def test_a_length_that_is_none_is_refused(path: str) -> None:
    response = Client().generic("POST", path, b"", CONTENT_LENGTH="many")
    assert response.status_code == 400


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "NONSENSE"])
def test_other_methods_are_not_allowed(path: str, method: str) -> None:
    call_request = make_request().get_absolute_url()
    for where in (
        path,
        call_request,
        f"{call_request}state/",
        f"{call_request}number/",
        f"{call_request}cancel/",
    ):
        response = Client().generic(method, where)
        assert response.status_code == 405
        assert "GET" in response["Allow"]


def test_what_can_only_be_read_takes_no_form() -> None:
    assert Client().post(make_request().get_absolute_url()).status_code == 405


def test_head_is_get_without_a_body(path: str) -> None:
    call_request = make_request().get_absolute_url()
    for where in (
        path,
        call_request,
        f"{call_request}state/",
        f"{call_request}number/",
        f"{call_request}cancel/",
    ):
        response = Client().head(where)
        assert response.status_code == 200
        assert response.content == b""


@pytest.mark.parametrize(
    "where", ["/w/%00/", "/r/%00/", "/w/é/", "/r/'--/", "/w//", "/r/x/state", "/w/" + "x" * 5000]
)
def test_a_strange_address_is_not_found(where: str) -> None:
    assert Client().get(where).status_code in {301, 404}


@pytest.mark.parametrize("query", ["lang=%ff", "&".join(["a=1"] * 3000), "lang[]=en", "%00=%00"])
def test_a_strange_query_does_no_harm(path: str, query: str) -> None:
    assert Client().get(f"{path}?{query}").status_code in {200, 400}


@pytest.mark.parametrize("name", ["number", "email", "consent", "form_token"])
@pytest.mark.parametrize(
    "value", ["x" * 10_000, "\0", "\ud7ff\uffff", "\u202e", "' OR 1=1", "{{ 1 }}"]
)
def test_strange_fields_are_refused_or_taken_as_they_are(
    widget: Widget, name: str, value: str
) -> None:
    client = Client()
    form = form_of(client, widget)
    response = client.post(form.action, form.fields | FILLED | {name: value})
    expected = 303 if name == "consent" else 422
    assert response.status_code == expected
    assert CallRequest.objects.count() == (expected == 303)


TEXT = st.text(max_size=60)


@pytest.mark.slow
@hypothesis_settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(number=TEXT, email=TEXT, consent=TEXT)
def test_any_text_gets_an_answer(widget: Widget, number: str, email: str, consent: str) -> None:
    client = Client()
    fields: dict[str, Any] = {"number": number, "email": email, "consent": consent}
    form = form_of(client, widget)
    assert client.post(form.action, form.fields | fields).status_code in {303, 422, 429}
    call_request = make_request(widget=widget)
    response = client.post(f"{call_request.get_absolute_url()}number/", {"number": number})
    assert response.status_code in {303, 422, 429}
