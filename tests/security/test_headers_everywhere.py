"""Every route of the site answers with the headers that keep a browser from doing harm."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from tests.support.factories import make_request
from tests.support.samples.addresses import STRICT, check, every_address
from tests.support.staff.pages import make_staff, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _https(settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 365 * 24 * 3600


@pytest.mark.minutes
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
            b"".join(response.streaming_content)  # type: ignore[attr-defined]
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
