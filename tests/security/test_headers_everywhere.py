"""Every route of the site answers with the headers that keep a browser from doing harm."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from tests.staff.staff import make_staff, signed_in
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db

CSP = ("default-src", "object-src", "base-uri", "frame-ancestors", "form-action")
STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors "
)


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
    call_request = make_request()
    values = {
        "<slug:public_id>": call_request.widget.public_id,
        "<slug:token>": call_request.token,
        "<slug:digest>": "0",
        "<slug:name>": "retry",
        "<slug:number>": "NONE",
        "<path:object_id>": str(call_request.pk),
        "<int:pk>": str(call_request.pk),
        "<int:content_type_id>": "1",
        "<id>": "1",
        "<path:url>": "nothing/",
    }
    found = list(routes(get_resolver(), values))
    assert len(found) > 50
    return found


def check(response: Any, name: str) -> None:
    """`name` ends in the address. Strict is what is no page of the admin, and any error page."""
    headers = response.headers
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
    if "/admin/" not in name or b"/public/page." in getattr(response, "content", b""):
        if " /embed/" in name:  # for sandboxed frames, our own origin is named beside 'self'
            policy = policy.replace(f" {settings.PUBLIC_URL}", "")
        assert policy.startswith(STRICT), name
    cross_origin = headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert cross_origin == (" /embed/" in name or " /static/" in name), name


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


def test_errors_and_files(settings: Settings) -> None:
    # From where they are written, without collecting them first.
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    client = Client(raise_request_exception=False)
    widget = make_request().widget
    for address, status in (
        ("/nowhere/", 404),
        ("/static/public/page.css", 200),
        ("/static/nowhere.css", 404),
        ("/embed/v1.js", 200),
        ("/embed/v1.0.js", 404),
        ("/embed/nobody/", 404),
        ("/%00", 404),
        ("/admin", 301),
        ("/admin/nowhere/", 302),
    ):
        response = client.get(address, secure=True)
        assert response.status_code == status, address
        check(response, f"get {address}")
        if response.streaming:  # so its file is closed
            b"".join(response.streaming_content)
    check(client.get("/w/x/", secure=True, headers={"host": "evil.example"}), "host")
    check(client.post(widget.get_absolute_url(), {"number": ""}, secure=True), "refused")
    body = b"x" * 1_000_000
    check(client.post(widget.get_absolute_url(), {"number": body.decode()}, secure=True), "large")


def test_the_admins_error_pages_are_as_strict_as_the_public_ones() -> None:
    client = signed_in(make_staff("agent", "view_callrequest"))
    client.raise_request_exception = False
    for address, status in (("/admin/nowhere/", 404), ("/admin/callbacks/block/", 403)):
        response = client.get(address, secure=True)
        assert response.status_code == status
        assert b"/public/page." in response.content
        check(response, f"get {address}")
    forged = Client(enforce_csrf_checks=True).post("/admin/login/", {}, secure=True)
    assert forged.status_code == 403
    assert b"<h1>" in forged.content
    check(forged, "forged /admin/login/")
    assert forged["Content-Security-Policy"].startswith(STRICT)


def test_a_broken_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", lambda *_: 1 / 0)
    response = Client(raise_request_exception=False).get("/r/none/", secure=True)
    assert response.status_code == 500
    check(response, "500")
