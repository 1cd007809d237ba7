"""Whose phone did not ring is called again by one click, once, with a consent of its own."""

import html
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from callbacks.abuse import block_list
from callbacks.core import clock
from callbacks.data_protection import erasure
from callbacks.dispatch import call_switch
from callbacks.intake import call_again
from callbacks.models import (
    BlockKind,
    CallRequest,
    ConsentEvent,
    LimitHit,
    OpenPeriod,
    Reason,
    Refusal,
    Status,
    Widget,
)
from callbacks.widgets import cache as widget_cache
from tests.support.concurrency import concurrently
from tests.support.extra_fields import CUSTOMER, NAME, ORDER, SUBJECT, required
from tests.support.factories import make_request, make_widget, post_form
from tests.support.forms import Form, forms_on
from tests.support.topics import offering, request_about

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
NOW = datetime.now(UTC)
BUTTON = "It did not ring: call me again"


def called(**fields: Any) -> CallRequest:
    """A request that a visitor sent, and that was called, at `NOW`."""
    widget = fields.pop("widget", None) or make_widget(language="en")
    with clock.set_to(NOW):
        assert post_form(Client(), widget, **fields).status_code == 303
        made = CallRequest.objects.latest("pk")
        CallRequest.objects.filter(pk=made.pk).update(status=Status.CALLED, status_at=NOW)
    made.refresh_from_db()
    return made


def form_at(call_request: CallRequest, later: timedelta, client: Client | None = None) -> Form:
    with clock.set_to(NOW + later):
        page = (client or Client()).get(call_request.get_absolute_url())
    (form,) = (form for form in forms_on(page) if form.action.endswith("/call-again/"))
    return form


def click(call_request: CallRequest, later: timedelta = 2 * MINUTE, **fields: str) -> Any:
    form = form_at(call_request, later)
    with clock.set_to(NOW + later):
        return Client().post(form.action, form.fields | fields)


def state_at(call_request: CallRequest, later: timedelta) -> Any:
    with clock.set_to(NOW + later):
        return Client().get(f"{call_request.get_absolute_url()}state/").json()


def is_shown(call_request: CallRequest, later: timedelta) -> bool:
    with clock.set_to(NOW + later):
        page = Client().get(call_request.get_absolute_url()).content.decode()
    shown = 'id="call-again"' in page and 'id="call-again" hidden' not in page
    assert state_at(call_request, later)["call_again"] is shown
    return shown


def test_it_is_offered_from_one_minute_after_the_call_for_nine_minutes() -> None:
    first = called()
    second = timedelta(seconds=1)
    times = (MINUTE - second, MINUTE, 10 * MINUTE - second, 10 * MINUTE)
    assert [is_shown(first, later) for later in times] == [False, True, True, False]
    assert state_at(first, timedelta())["refresh_seconds"] == 61
    settled = [state_at(first, later)["settled"] for later in times]
    assert settled == [False, False, False, True]


def test_a_page_that_will_never_offer_it_is_not_asked_again_for_that() -> None:
    first = called()
    assert not state_at(first, 6 * MINUTE)["settled"]
    Widget.objects.update(is_paused=True)
    widget_cache.forget()
    assert not is_shown(first, 6 * MINUTE)
    assert state_at(first, 6 * MINUTE)["settled"]


def test_the_click_makes_a_request_with_the_same_details_and_its_own_consent() -> None:
    first = called(page_url="https://shop.example/boats?utm_source=mail", page_title="Boats")
    answer = click(first)
    second = CallRequest.objects.latest("pk")
    assert (answer.status_code, answer["Location"]) == (303, second.get_absolute_url())
    assert second.pk != first.pk
    assert second.status == Status.QUEUED
    for name in ("number", "email", "language", "page_url", "page_title", "campaign", "widget_id"):
        assert getattr(second, name) == getattr(first, name)
    assert second.address == "127.0.0.1"
    proof = second.consent_proofs.get()
    assert proof.event == ConsentEvent.GIVEN
    assert proof.at == NOW + 2 * MINUTE
    assert proof.text is not None
    assert proof.text.text == second.consent_text
    first.refresh_from_db()
    assert first.status == Status.CALLED


def test_the_click_copies_the_answers_even_if_other_fields_are_asked_meanwhile() -> None:
    widget = make_widget(language="en", extra_fields=[ORDER, CUSTOMER, NAME])
    answered = {"field_order": "A-17", "field_customer": "on", "field_name": "Jo"}
    first = called(widget=widget, **answered)
    widget.extra_fields = [required(SUBJECT), NAME, ORDER | {"is_retired": True}]
    widget.save()
    assert click(first).status_code == 303
    second = CallRequest.objects.latest("pk")
    assert second.pk != first.pk
    assert second.answers == first.answers == {"order": "A-17", "customer": True}
    assert second.personal_answers == first.personal_answers == '{"name": "Jo"}'
    assert click(first).headers["Location"] == second.get_absolute_url()


def test_the_new_request_has_its_own_id_for_the_bot() -> None:
    first = called(widget=make_widget(language="en", bot_email="lead-{id}"))
    click(first)
    second = CallRequest.objects.latest("pk")
    assert first.bot_email == f"lead-{first.public_id}"
    assert second.bot_email == f"lead-{second.public_id}"
    assert second.bot_email != first.bot_email


def test_a_click_gives_the_bot_the_email_again_that_it_got_before() -> None:
    widget = make_widget(language="en")
    first = called(widget=widget)
    widget.bot_email = "lead-{id}"
    widget.save()
    click(first)
    second = CallRequest.objects.latest("pk")
    assert (second.pk != first.pk, second.bot_email, second.email) == (True, "", first.email)


def test_the_page_shows_what_the_click_agrees_to() -> None:
    widget = make_widget(language="en", privacy_url="https://shop.example/privacy")
    first = called(widget=widget)
    page = html.unescape(Client().get(first.get_absolute_url()).content.decode())
    form = page.partition('id="call-again"')[2].partition("</form>")[0]
    assert first.consent_text.partition("\n")[0] in form
    assert 'href="https://shop.example/privacy"' in form
    click(first)
    assert CallRequest.objects.latest("pk").consent_text == first.consent_text


def test_a_second_click_leads_to_the_same_request_at_any_time() -> None:
    first = called()
    form = form_at(first, 2 * MINUTE)
    places = set()
    for later in (2 * MINUTE, 3 * MINUTE, timedelta(hours=1)):
        with clock.set_to(NOW + later):
            places.add(Client().post(form.action, form.fields)["Location"])
    assert len(places) == 1
    assert CallRequest.objects.count() == 2
    assert not is_shown(first, 4 * MINUTE)


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_moment_are_one_request() -> None:
    first = called()
    form = form_at(first, 2 * MINUTE)

    def press(_index: int) -> str:
        return str(Client().post(form.action, form.fields)["Location"])

    with clock.set_to(NOW + 2 * MINUTE):
        places = concurrently(4, press)
    assert len(set(places)) == 1
    assert CallRequest.objects.count() == 2
    assert LimitHit.objects.filter(key__startswith="number:").count() == 2


def test_nothing_but_a_post_from_our_own_page_does_it() -> None:
    first = called()
    form = form_at(first, 2 * MINUTE)
    with clock.set_to(NOW + 2 * MINUTE):
        for method in ("get", "head", "put", "options"):
            assert getattr(Client(), method)(form.action).status_code == 405
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
            answer = Client().post(form.action, form.fields, headers=headers)
            assert answer.status_code == 403
        for offer in ("", "x", form.fields["offer"] + "x"):
            answer = Client().post(form.action, form.fields | {"offer": offer})
            assert answer.status_code == 409
    assert CallRequest.objects.count() == 1


def test_an_offer_is_for_one_page_one_number_and_one_text() -> None:
    widget = make_widget(language="en")
    first, other = called(widget=widget), called(widget=widget, number="06 87 65 43 21")
    offer = form_at(other, 2 * MINUTE).fields["offer"]
    assert click(first, offer=offer).status_code == 409
    form = form_at(first, 2 * MINUTE)
    with clock.set_to(NOW + 2 * MINUTE):
        widget.company_name = "Atelier"
        widget.save()
        answer = Client().post(form.action, form.fields)
        assert answer.status_code == 409
        assert "This page has changed since you opened it." in answer.content.decode()
        CallRequest.objects.filter(pk=other.pk).update(number_hash="another")
        changed = Client().post(f"{other.get_absolute_url()}call-again/", {"offer": offer})
    assert changed.status_code == 409
    assert CallRequest.objects.count() == 2


def test_the_short_limit_allows_exactly_one_more() -> None:
    first = called()
    assert post_again(first, MINUTE) == 429
    assert click(first, 2 * MINUTE).status_code == 303
    second = CallRequest.objects.latest("pk")
    CallRequest.objects.filter(pk=second.pk).update(
        status=Status.CALLED, status_at=NOW + 2 * MINUTE
    )
    assert post_again(first, 3 * MINUTE) == 429
    assert not is_shown(second, 4 * MINUTE)
    third = click(second, 4 * MINUTE)
    assert third.status_code == 429
    assert third["Retry-After"]
    assert Refusal.objects.filter(kind="number").exists()
    assert CallRequest.objects.count() == 2
    assert is_shown(second, 6 * MINUTE)  # five minutes after the first request


def post_again(first: CallRequest, later: timedelta) -> int:
    with clock.set_to(NOW + later):
        return int(post_form(Client(), first.widget).status_code)


def test_three_a_day_stay_three() -> None:
    made = [called()]
    number_key = LimitHit.objects.get(key__startswith="number:").key
    for ordinal in (2, 3):
        LimitHit.objects.create(key=number_key, ordinal=ordinal, at=NOW - timedelta(hours=1))
    assert not is_shown(made[0], 2 * MINUTE)
    assert click(made[0]).status_code == 429
    assert CallRequest.objects.count() == 1


@pytest.mark.parametrize("limit", ["widget", "account", "address"])
def test_every_other_limit_counts_it(limit: str, settings: Any) -> None:
    first = called()
    if limit == "widget":
        Widget.objects.update(hourly_cap=1)
    elif limit == "account":
        settings.ACCOUNT_DAILY_CAP = 1
    else:
        settings.RATE_PER_ADDRESS = "1/h"
    widget_cache.forget()
    if limit == "address":
        click(first, offer="x")
        form = form_at(first, 2 * MINUTE)
        with clock.set_to(NOW + 2 * MINUTE):
            Client().post(first.widget.get_absolute_url(), {})
            answer = Client().post(form.action, form.fields)
    else:
        answer = click(first)
    assert answer.status_code == 429
    assert CallRequest.objects.count() == 1


def test_staff_stop_pause_and_block_it() -> None:
    first = called()
    form = form_at(first, 2 * MINUTE)

    def refused(status: int) -> None:
        with clock.set_to(NOW + 2 * MINUTE):
            assert Client().post(form.action, form.fields).status_code == status
        assert CallRequest.objects.count() == 1

    call_switch.stop("anne")
    assert not is_shown(first, 2 * MINUTE)
    refused(409)
    call_switch.resume("anne")
    Widget.objects.update(is_paused=True)
    widget_cache.forget()
    refused(409)
    Widget.objects.update(is_paused=False, is_active=False)
    widget_cache.forget()
    refused(409)
    Widget.objects.update(is_active=True)
    widget_cache.forget()
    block_list.add(BlockKind.NUMBER, str(first.number))
    refused(422)
    assert Refusal.objects.get().kind == "blocked"


def test_not_after_do_not_call_me_again_even_if_that_is_undone() -> None:
    first = called()
    form = form_at(first, 2 * MINUTE)
    path = first.get_absolute_url()
    with clock.set_to(NOW + 2 * MINUTE):
        Client().post(f"{path}never/")
        assert Client().post(form.action, form.fields)["Location"] == path
        Client().post(f"{path}never/undo/")
        assert not block_list.is_blocked(number=str(first.number))
        assert Client().post(form.action, form.fields).status_code == 409
    assert not is_shown(first, 3 * MINUTE)
    assert CallRequest.objects.count() == 1


def test_not_after_an_erasure() -> None:
    first = called()
    form = form_at(first, 2 * MINUTE)
    with clock.set_to(NOW + 2 * MINUTE):
        erasure.erase(None, number=str(first.number))
        assert Client().post(form.action, form.fields).status_code == 409
    assert CallRequest.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_not_from_a_row_that_was_erased_after_it_was_read() -> None:
    first = called()
    read = CallRequest.objects.select_related("widget").get(pk=first.pk)
    with clock.set_to(NOW + 2 * MINUTE):
        erasure.erase(None, number=str(first.number))
        with pytest.raises(call_again.NotOffered):
            call_again.call_again(
                read, consent_text="Yes.", restore_mark="", address="", is_sender=True
            )
    assert CallRequest.objects.count() == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"status": Status.UNCERTAIN},
        {"status_at": NOW + MINUTE},
        {"number_hash": "of another number"},
        {"erased_at": NOW + MINUTE},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_not_from_a_row_that_has_changed_since_it_was_read(changed: dict[str, Any]) -> None:
    other, read = called(), called(number="06 23 45 67 89")
    CallRequest.objects.filter(pk=other.pk).update(number_hash=read.number_hash)
    CallRequest.objects.filter(pk=read.pk).update(**changed)
    with clock.set_to(NOW + 2 * MINUTE), pytest.raises(call_again.NotOffered):
        call_again.call_again(
            read, consent_text="Yes.", restore_mark="", address="", is_sender=True
        )
    assert CallRequest.objects.count() == 2


def test_only_the_new_request_counts_as_viewed_for_who_is_not_the_sender() -> None:
    first = called()
    CallRequest.objects.update(viewed_at=None)
    with clock.set_to(NOW + 2 * MINUTE):
        second = call_again.call_again(
            first, consent_text="Yes.", restore_mark="", address="", is_sender=False
        )
    viewed = dict(CallRequest.objects.values_list("pk", "viewed_at"))
    assert viewed == {first.pk: None, second.pk: NOW + 2 * MINUTE}


def test_the_new_request_is_verified_if_the_earlier_one_was() -> None:
    first = called()
    CallRequest.objects.update(is_verified=True)
    click(first)
    assert CallRequest.objects.filter(is_verified=True).count() == 2


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Status.CALLED, Reason.BY_STAFF),
        (Status.UNCERTAIN, Reason.NO_ANSWER),
        (Status.FAILED, Reason.REFUSED),
        (Status.CANCELLED, Reason.BY_VISITOR),
    ],
)
def test_no_other_request_offers_it(status: str, reason: str) -> None:
    call_request = make_request(status=status, reason=reason, status_at=NOW, language="en")
    assert not is_shown(call_request, 2 * MINUTE)
    assert BUTTON not in Client().get(call_request.get_absolute_url()).content.decode()


def test_only_the_sender_sees_the_number_in_full_on_the_new_page() -> None:
    sender = Client()
    first = called()
    form = form_at(first, timedelta(), sender)
    assert form.fields["key"]
    stranger_form = form_at(first, 2 * MINUTE)
    assert "key" not in stranger_form.fields
    with clock.set_to(NOW + 2 * MINUTE):
        answer = Client().post(stranger_form.action, stranger_form.fields, follow=True)
        assert "12 34" not in answer.content.decode().replace("\u00a0", " ")
    second = called(number="06 87 65 43 21")
    form = form_at(second, timedelta())
    with clock.set_to(NOW + 2 * MINUTE):
        answer = Client().post(form.action, form.fields, follow=True)
        assert "6 87 65 43 21" in answer.content.decode().replace("\u00a0", " ")


def test_only_while_the_widget_is_open() -> None:
    widget = make_widget(language="en", has_hours=True, opening_hours="24/7")
    for starts, ends in ((-60, 3), (5, 60)):
        OpenPeriod.objects.create(
            widget=widget, starts_at=NOW + starts * MINUTE, ends_at=NOW + ends * MINUTE
        )
    first = called(widget=widget)
    form = form_at(first, 2 * MINUTE)
    assert [is_shown(first, n * MINUTE) for n in range(2, 7)] == [True, False, False, True, True]
    with clock.set_to(NOW + 3 * MINUTE):
        assert Client().post(form.action, form.fields).status_code == 409
    assert CallRequest.objects.count() == 1
    assert click(first, 5 * MINUTE).status_code == 303


def test_after_a_restored_backup_it_asks_again_first() -> None:
    first = called()
    form = form_at(first, 2 * MINUTE)
    call_switch.note_restore()
    with clock.set_to(NOW + 2 * MINUTE):
        answer = Client().post(form.action, form.fields)
        assert answer.status_code == 422
        assert "restored our records" in answer.content.decode()
        (again,) = (form for form in forms_on(answer) if form.action.endswith("/call-again/"))
        assert Client().post(again.action, again.fields).status_code == 303
    assert CallRequest.objects.count() == 2


def test_an_outage_keeps_the_click_and_trying_again_is_one_request() -> None:
    first = called()
    form = form_at(first, 2 * MINUTE)

    def away(*_args: Any) -> None:
        raise OperationalError

    with clock.set_to(NOW + 2 * MINUTE):
        with connection.execute_wrapper(away):
            page = Client().post(form.action, form.fields)
        assert page.status_code == 503
        (again,) = forms_on(page)
        assert again.fields["offer"] == form.fields["offer"]
        assert Client().post(again.action, again.fields).status_code == 303
    assert CallRequest.objects.count() == 2


def test_the_new_request_is_about_the_same_topic() -> None:
    shop = offering(language="en")
    first = request_about(shop, status=Status.CALLED, status_at=NOW, created_at=NOW)
    assert click(first).status_code == 303
    second = CallRequest.objects.latest("pk")
    assert second != first
    assert (second.topic, second.topic_label, second.offered_by) == ("sales", "Sales", shop)


def test_it_is_not_offered_while_the_widget_that_offered_the_topic_is_paused() -> None:
    shop = offering(language="en")
    first = request_about(shop, status=Status.CALLED, status_at=NOW, created_at=NOW)
    assert is_shown(first, 2 * MINUTE)
    Widget.objects.filter(pk=shop.pk).update(is_paused=True)
    assert not is_shown(first, 2 * MINUTE)
