"""A form that was taken leads to its request for ever, whatever would refuse it by now."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client, override_settings

from callbacks.abuse import block_list
from callbacks.core import clock
from callbacks.data_protection import erasure
from callbacks.intake import correction
from callbacks.models import CallRequest, LimitHit, Widget, WidgetText
from callbacks.public.form import identity
from callbacks.widgets import cache as widget_cache
from tests.support.factories import make_request, make_widget
from tests.support.forms import FILLED, Form, form_of, forms_on

pytestmark = pytest.mark.django_db

ADDRESS = {"REMOTE_ADDR": "192.0.2.1"}
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.2"}


@contextmanager
def later(hours: float) -> Iterator[None]:
    moment = time.time() + hours * 3600
    with (
        patch("django.core.signing.time.time", return_value=moment),
        clock.set_to(clock.now() + timedelta(hours=hours)),
    ):
        yield


@contextmanager
def changed(widget: Widget, **columns: object) -> Iterator[None]:
    for name, value in columns.items():
        setattr(widget, name, value)
    widget.save()
    yield


@contextmanager
def another_text(widget: Widget) -> Iterator[None]:
    WidgetText.objects.create(widget=widget, language="en", consent="And to adverts.")
    yield


@contextmanager
def blocked(_widget: Widget) -> Iterator[None]:
    block_list.add("number", FILLED["number"])
    yield


@contextmanager
def address_is_full(_widget: Widget) -> Iterator[None]:
    with override_settings(RATE_PER_ADDRESS="1/h"):
        yield
    cache.clear()


@contextmanager
def busy(widget: Widget) -> Iterator[None]:
    for _ in range(5):
        make_request(widget=widget, queue_position=0)
    with override_settings(PACE_CALLS=1, PACE_SECONDS=99999.0):
        yield


@contextmanager
def corrected(_widget: Widget) -> Iterator[None]:
    assert correction.correct_number(CallRequest.objects.get(), "06 87 65 43 21")
    yield


@contextmanager
def erased(_widget: Widget) -> Iterator[None]:
    erasure.erase(User.objects.create(username="chief"), number="+33612345678")
    yield


@contextmanager
def restored(_widget: Widget) -> Iterator[None]:
    """From a backup that was made after the form was taken."""
    call_command("hold_unfinished", "--yes")
    yield


KINDS: dict[str, Callable[[Widget], object]] = {
    "at once": lambda widget: changed(widget),
    "after the token expired": lambda _widget: later(2.01),
    "a month later": lambda _widget: later(24 * 30),
    "with another consent text": another_text,
    "while paused": lambda widget: changed(widget, is_paused=True),
    "while switched off": lambda widget: changed(widget, is_active=False),
    "without its region": lambda widget: changed(widget, allowed_regions=["BE"]),
    "with a proof of work": lambda widget: changed(widget, proof_of_work="always"),
    "over the hourly cap": lambda widget: changed(widget, hourly_cap=1),
    "with the number blocked": blocked,
    "over the limit per address": address_is_full,
    "with a queue that is too long": busy,
    "after a correction": corrected,
    "after an erasure": erased,
    "after a restored backup": restored,
}


def taken() -> tuple[Widget, Form, str]:
    """A widget, a form of it that was taken, and where that led to."""
    widget, client = make_widget(language="en"), Client(**ADDRESS)  # type: ignore[arg-type]
    form = form_of(client, widget)
    first = client.post(form.action, form.fields | FILLED)
    assert first.status_code == 303
    return widget, form, first["Location"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_sent_again_leads_to_the_same_request(kind: str) -> None:
    widget, form, location = taken()
    with KINDS[kind](widget):  # type: ignore[attr-defined]
        before = CallRequest.objects.count()
        for client in (Client(**ADDRESS), Client(**ELSEWHERE)):  # type: ignore[arg-type]
            again = client.post(form.action, form.fields | FILLED)
            assert (again.status_code, again.headers.get("Location")) == (303, location)
            assert CallRequest.objects.count() == before
        assert Client().get(location).status_code == 200


@pytest.mark.parametrize("kind", ["after the token expired", "with another consent text"])
def test_with_other_details_it_comes_back_and_says_so(kind: str) -> None:
    widget, form, _location = taken()
    with KINDS[kind](widget):  # type: ignore[attr-defined]
        response = Client().post(form.action, form.fields | FILLED | {"number": "0687654321"})
    assert response.status_code == 422
    assert "already sent this form with different details." in response.content.decode()
    assert CallRequest.objects.count() == 1


def test_a_national_number_is_known_again_when_its_region_is_gone() -> None:
    widget = make_widget(language="en", allowed_regions=["BE"])
    form = form_of(Client(), widget)
    typed = form.fields | FILLED | {"number": "0470 12 34 56"}
    location = Client().post(form.action, typed)["Location"]
    assert CallRequest.objects.get().number == "+32470123456"
    with changed(widget, allowed_regions=["FR"]):
        assert Client().post(form.action, typed)["Location"] == location


def test_details_that_a_site_vouched_for_are_known_again_once_that_expired() -> None:
    widget = make_widget(language="en")
    form = form_of(Client(), widget)
    expires = str(int(time.time()) + 60)
    number, email = "+33612345678", "jo@example.fr"
    typed = form.fields | {
        "number": number,
        "email": email,
        "consent": "on",
        "identity_expires": expires,
        "identity_signature": identity.sign(widget, number, email, expires),
    }
    location = Client().post(form.action, typed)["Location"]
    with later(1):
        assert Client().post(form.action, typed)["Location"] == location


@pytest.mark.parametrize(
    "forge",
    [lambda token: token[:-2] + "AA", lambda token: "", str.upper],
    ids=["another signature", "none", "upper case"],
)
def test_a_forged_token_leads_nowhere(forge: Callable[[str], str]) -> None:
    _widget, form, _location = taken()
    token = forge(form.fields["form_token"])
    response = Client().post(form.action, form.fields | FILLED | {"form_token": token})
    assert response.status_code == 422
    assert "This form has expired." in response.content.decode()


def test_the_form_of_another_widget_leads_nowhere() -> None:
    _widget, form, _location = taken()
    other = form_of(Client(), make_widget(language="en"))
    response = Client().post(other.action, form.fields | FILLED)
    assert response.status_code == 422
    assert "The form has changed." in response.content.decode()
    assert CallRequest.objects.count() == 1


class TestAfterARestoredBackup:
    """The backup was made before the form was taken: its request is gone, its call was placed."""

    def lost(self) -> tuple[Widget, Form]:
        widget, form, _location = taken()
        CallRequest.objects.get().consent_proofs.all().delete()
        CallRequest.objects.all().delete()
        call_command("hold_unfinished", "--yes")
        return widget, form

    def test_a_form_that_was_shown_before_is_shown_again_and_says_why(self) -> None:
        _widget, form = self.lost()
        response = Client().post(form.action, form.fields | FILLED)
        assert response.status_code == 422
        assert "restored our records from a backup" in response.content.decode()
        assert not CallRequest.objects.exists()
        # Whoever still wants the call gets it, also from a process that remembers the old mark.
        again = forms_on(response)[0]
        assert again.fields["number"] == FILLED["number"]
        LimitHit.objects.all().delete()  # gone as well, with what came after the backup
        assert Client().post(again.action, again.fields).status_code == 303

    def test_a_form_that_is_shown_afterwards_is_taken(self) -> None:
        widget, _form = self.lost()
        widget_cache.forget()
        form = form_of(Client(), widget)
        typed = form.fields | FILLED | {"number": "0687654321"}
        assert Client().post(form.action, typed).status_code == 303

    def test_each_restore_has_a_mark_of_its_own(self) -> None:
        """Also two of the same backup."""
        widget, _form = self.lost()
        widget_cache.forget()
        form = form_of(Client(), widget)
        call_command("hold_unfinished", "--yes")
        response = Client().post(form.action, form.fields | FILLED)
        assert "restored our records from a backup" in response.content.decode()
