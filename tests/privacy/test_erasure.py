"""Erased is erased: nothing personal is left in any table; figures and proof stay."""

from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps

from callbacks import actions, blocks, clock, intake, privacy
from callbacks.dispatch import place_next
from callbacks.models import AuditEntry, BlockKind, CallRequest, Erasure, Status
from tests.dispatch.fake_api import FakeApi
from tests.factories import make_request, make_widget
from tests.intake.test_accept import ask

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
EMAIL = "marked.person@marked.example"
MARKS = ("612345678", "marked", "192.0.2.77")


def ask_marked(widget=None, **fields):
    origin = intake.Origin(
        "https://shop.example/?marked", "Marked", "https://marked/", {"a": "marked"}
    )
    return intake.accept(
        ask(widget, email=EMAIL, address="192.0.2.77", origin=origin, **fields)
    ).request


def everything_stored():
    rows = []
    for model in apps.get_models():
        rows += [(model.__name__, repr(row)) for row in model._base_manager.values()]
    return rows


def test_nothing_personal_is_left(admin_user):
    request = ask_marked()
    place_next(FakeApi())
    actions.add_note(request, admin_user, "marked by phone")
    blocks.add(BlockKind.NUMBER, request.number)
    assert any(mark in text for _, text in everything_stored() for mark in MARKS)
    certificate = privacy.erase(admin_user, number=request.number)
    left = [(name, mark) for name, text in everything_stored() for mark in MARKS if mark in text]
    assert left == []
    assert certificate.counts == {
        "requests": 1,
        "addresses": 0,
        "proofs": 1,
        "limits": 1,
        "blocks": 1,
    }
    assert AuditEntry.objects.get(action="privacy.erase").person == admin_user


def test_figures_stay(admin_user):
    request = ask_marked()
    place_next(FakeApi())
    privacy.erase(admin_user, email=EMAIL.upper())
    row = CallRequest.objects.get(pk=request.pk)
    assert (row.status, row.widget_id, row.created_at) == (
        Status.CALLED,
        request.widget_id,
        request.created_at,
    )
    assert row.erased_at is not None
    assert row.attempts.count() == 1


def test_dont_call_stays_in_force_after_an_erasure(admin_user):
    blocks.add(BlockKind.NUMBER, "0612345678")
    privacy.erase(admin_user, number="+33612345678")
    assert blocks.is_blocked(clock.now(), number="+33612345678")


def test_what_waits_is_cancelled_first(admin_user):
    request = ask_marked()
    privacy.erase(admin_user, number=request.number)
    api = FakeApi()
    place_next(api)
    assert api.calls == []
    assert CallRequest.objects.get().status == Status.CANCELLED


def test_a_call_under_way_is_not_erased(admin_user):
    request = make_request(status=Status.CALLING, attempts_made=1)
    waiting = make_request(number=request.number)
    with pytest.raises(privacy.CallUnderWay):
        privacy.erase(admin_user, number=request.number)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.erased_at) == (Status.QUEUED, None)
    assert not Erasure.objects.exists()


def test_others_are_left_alone(admin_user):
    request, other = make_request(), make_request()
    privacy.erase(admin_user, number=request.number)
    other.refresh_from_db()
    assert other.number
    assert other.email


def test_nobody_given_is_nobody(admin_user):
    make_request()
    assert not privacy.about().exists()


def test_an_export_holds_all_that_is_stored(admin_user):
    request = ask_marked()
    place_next(FakeApi())
    actions.add_note(request, admin_user, "called by hand")
    [exported] = privacy.export(number=request.number)["requests"]
    assert exported["email"] == EMAIL
    assert exported["address"] == "192.0.2.77"
    assert [len(exported[part]) for part in ("attempts", "moves", "notes", "consent")] == [
        1,
        2,
        1,
        1,
    ]


def test_retention_erases_in_batches_and_certifies():
    widget = make_widget(retention_months=2)
    for index in range(5):
        make_request(
            widget=widget, status=Status.CALLED, created_at=NOW - timedelta(days=63 + index)
        )
    young = make_request(widget=widget, status=Status.CALLED, created_at=NOW - timedelta(days=61))
    assert [privacy.purge(NOW, batch=2).requests for _ in range(4)] == [2, 2, 1, 0]
    young.refresh_from_db()
    assert young.number
    assert CallRequest.objects.filter(erased_at=None).count() == 1
    assert [e.counts["requests"] for e in Erasure.objects.order_by("pk")] == [2, 2, 1]


def test_what_waits_is_not_purged():
    request = make_request(created_at=NOW - timedelta(days=9999))
    assert not privacy.purge(NOW)
    request.refresh_from_db()
    assert request.number


def test_raw_addresses_go_after_days():
    widget = make_widget(address_days=7)
    with clock.set_to(NOW):
        request = ask_marked(widget)
        place_next(FakeApi())
    assert privacy.purge(NOW + timedelta(days=7)).addresses == 0
    assert privacy.purge(NOW + timedelta(days=7, seconds=1)).addresses == 1
    request.refresh_from_db()
    assert (request.address, request.number) == ("", "+33612345678")
