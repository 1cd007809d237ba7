"""Every route of the site answers with the headers that keep a browser from doing harm."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from tests.desk.staff import signed_in
from tests.factories import make_request

pytestmark = pytest.mark.django_db

CSP = ("default-src", "object-src", "base-uri", "frame-ancestors", "form-action")


def routes(resolver: URLResolver, values: dict[str, str], start: str = "/") -> Iterator[str]:
    """An address for each route, with `values` for its parameters."""
    for entry in resolver.url_patterns:
        text = str(entry.pattern).removeprefix("^").removesuffix("$").replace(r"\Z", "")
        for converter, value in values.items():
            text = text.replace(converter, value)
        if isinstance(entry, URLResolver):
            yield from routes(entry, values, start + text)
        elif isinstance(entry, URLPattern):
            yield start + text


def every_address() -> list[str]:
    request = make_request()
    values = {
        "<slug:public_id>": request.widget.public_id,
        "<slug:token>": request.token,
        "<slug:digest>": "0",
        "<slug:name>": "retry",
        "<slug:number>": "NONE",
        "<path:object_id>": str(request.pk),
        "<int:pk>": str(request.pk),
        "<int:content_type_id>": "1",
        "<id>": "1",
        "<path:url>": "nothing/",
    }
    found = list(routes(get_resolver(), values))
    assert len(found) > 50
    return found


def check(response: object, name: str) -> None:
    headers = response.headers  # type: ignore[attr-defined]
    assert headers["X-Content-Type-Options"] == "nosniff", name
    assert headers["Referrer-Policy"] in {"same-origin", "strict-origin"}, name
    assert "camera=()" in headers["Permissions-Policy"], name
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin", name
    assert headers["Cross-Origin-Resource-Policy"] in {"same-origin", "cross-origin"}, name
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000"), name
    policy = headers["Content-Security-Policy"]
    for directive in CSP:
        if directive == "object-src" and "default-src 'none'" in policy:
            continue
        assert directive in policy, (name, directive)
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0], name
    assert "*" not in policy, name


@pytest.fixture(autouse=True)
def _https(settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 365 * 24 * 3600


@pytest.mark.parametrize("method", ["get", "post", "put"])
def test_every_route(method: str) -> None:
    chief = User.objects.create(username="chief", is_staff=True, is_superuser=True, password="!")
    for client in (Client(), signed_in(chief)):
        for address in every_address():
            if address.endswith("logout/"):
                continue
            response = getattr(client, method)(address, secure=True)
            assert response.status_code < 500, address
            check(response, f"{method} {address}")


def test_errors_and_files() -> None:
    client = Client(raise_request_exception=False)
    widget = make_request().widget
    for address in (
        "/nowhere/",
        "/static/public/page.css",
        "/static/nowhere.css",
        "/%00",
        "/admin",
    ):
        response = client.get(address, secure=True)
        check(response, address)
    check(client.get("/w/x/", secure=True, headers={"host": "evil.example"}), "host")
    check(client.post(widget.get_absolute_url(), {"number": ""}, secure=True), "refused")
    body = b"x" * 1_000_000
    check(client.post(widget.get_absolute_url(), {"number": body.decode()}, secure=True), "large")


def test_a_broken_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", lambda *_: 1 / 0)
    response = Client(raise_request_exception=False).get("/r/none/", secure=True)
    assert response.status_code == 500
    check(response, "500")
