"""While the database is away the pages say so, promise nothing and lose nothing."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import Error, InterfaceError, InternalError, OperationalError, connection
from django.test import Client
from django.urls import reverse
from structlog.testing import capture_logs

from callbacks.models import CallRequest
from callbacks.widgets import cache as widget_cache
from tests.support.factories import make_request, make_widget
from tests.support.forms import FILLED, form_of, forms_on

pytestmark = pytest.mark.django_db


class Away:
    """Every query fails while it is `on`."""

    def __init__(self, error: type[Exception], cause: type[Exception] | None = None) -> None:
        self.on = False
        self._error = error
        self._cause = cause

    def __call__(self, execute: Any, *args: Any) -> Any:
        if self.on:
            cause = self._cause("db.internal") if self._cause else None
            raise self._error("could not connect to db.internal as callback") from cause
        return execute(*args)


KINDS: dict[str, tuple[type[Error], type[Exception] | None]] = {
    "away": (OperationalError, None),
    "closed": (InterfaceError, None),
    "read-only": (InternalError, psycopg.errors.ReadOnlySqlTransaction),
    "a lock": (OperationalError, psycopg.errors.LockNotAvailable),
}


@pytest.fixture(params=KINDS.values(), ids=KINDS.keys())  # type: ignore[call-overload]
def database(request: pytest.FixtureRequest) -> Iterator[Away]:
    away = Away(*request.param)
    with connection.execute_wrapper(away):
        yield away
        away.on = False


def check(response: Any) -> None:
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert "no-store" in response["Cache-Control"]
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "db.internal" not in response.content.decode()


@pytest.mark.parametrize("action", ["", "state/", "number/", "cancel/"])
def test_pages_say_so(database: Away, action: str) -> None:
    call_request = make_request()
    database.on = True
    check(Client().get(f"{call_request.get_absolute_url()}{action}"))


def test_the_form_says_so_in_the_visitors_language(database: Away) -> None:
    widget = make_widget()
    database.on = True
    for code, words in (
        ("en", "the service is unavailable"),
        ("fr", "le service est indisponible"),
    ):
        response = Client().get(widget.get_absolute_url(), headers={"Accept-Language": code})
        check(response)
        assert words in response.content.decode()


def test_a_form_that_could_not_be_taken_can_be_sent_again_as_it_was(database: Away) -> None:
    widget, client = make_widget(), Client()
    form = form_of(client, widget)
    database.on = True
    with capture_logs() as logs:
        response = client.post(form.action, form.fields | FILLED | {"hostile": "<script>"})
    check(response)
    assert [entry["event"] for entry in logs] == ["database_away"]
    assert "db.internal" not in str(logs)
    (again,) = forms_on(response)
    assert again.fields == form.fields | FILLED
    database.on = False
    assert client.post(again.action, again.fields).status_code == 303
    assert CallRequest.objects.count() == 1


PAGES = {
    "the form": lambda request: request.widget.get_absolute_url(),
    "a visitor's page": lambda request: f"{request.get_absolute_url()}state/",
    "the admin": lambda request: reverse("admin:index"),
    "the list of requests": lambda request: reverse("admin:callbacks_callrequest_changelist"),
}


@pytest.mark.parametrize("name", PAGES)
def test_the_log_says_once_that_it_is_away_and_once_that_it_is_back(
    database: Away, name: str
) -> None:
    """Also in a process that only staff come to."""
    address = PAGES[name](make_request())
    client = Client()
    client.force_login(User.objects.create(username="chief", is_staff=True, is_superuser=True))
    with capture_logs() as logs:
        database.on = True
        for _ in range(3):
            widget_cache.forget()
            assert client.get(address).status_code == 503
        assert [entry["event"] for entry in logs] == ["database_away"]
        # What asks the database nothing does not know that it is back.
        assert client.get("/healthz").status_code == 200
        database.on = False
        assert client.get("/healthz").status_code == 200
        assert [entry["event"] for entry in logs] == ["database_away"]
        for _ in range(3):
            assert client.get(address).status_code == 200
    assert [entry["event"] for entry in logs] == ["database_away", "database_back"]


def test_had_it_been_taken_trying_again_leads_to_the_same_request(database: Away) -> None:
    widget, client = make_widget(), Client()
    form = form_of(client, widget)
    taken = client.post(form.action, form.fields | FILLED)
    database.on = True
    (again,) = forms_on(client.post(form.action, form.fields | FILLED))
    database.on = False
    assert client.post(again.action, again.fields)["Location"] == taken["Location"]
    assert CallRequest.objects.count() == 1


@pytest.mark.parametrize("action", ["number", "cancel"])
def test_a_change_that_could_not_be_made_can_be_tried_again(database: Away, action: str) -> None:
    call_request = make_request()
    path = f"{call_request.get_absolute_url()}{action}/"
    database.on = True
    response = Client().post(path, {"number": "0687654321"})
    check(response)
    (again,) = forms_on(response)
    database.on = False
    assert Client().post(again.action, again.fields).status_code == 303


def test_staff_read_an_understandable_page(database: Away, django_user_model: Any) -> None:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(django_user_model.objects.create_superuser("chief"))
    for path in ("/admin/", "/admin/callbacks/callrequest/", "/admin/login/"):
        database.on = True
        response = client.get(path)
        database.on = False
        check(response)
        assert "The database is unavailable" in response.content.decode()


def test_a_session_that_cannot_be_read_or_saved_says_so_as_well(
    database: Away, django_user_model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(django_user_model.objects.create_superuser("chief"))
    monkeypatch.setattr(
        "callbacks.staff.accounts.session_end.GRAIN", -1
    )  # each page saves the session

    def save(*args: Any, **options: Any) -> None:
        raise OperationalError("db.internal")

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.save", save)
    check(client.get("/admin/"))


def test_our_own_mistakes_are_not_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(execute: Any, *args: Any) -> Any:
        raise InternalError("a mistake")

    widget, client = make_widget(), Client(raise_request_exception=False)
    with connection.execute_wrapper(mistaken):
        assert client.get(widget.get_absolute_url()).status_code == 500
