"""Who is turned away stands in a log that names nobody, and staff hear of a limit once."""

from datetime import UTC, datetime, timedelta

import pytest

from callbacks.abuse import refusals
from callbacks.core import clock
from callbacks.intake import accept
from callbacks.intake import errors as intake_errors
from callbacks.models import Alert, Refusal, RefusalKind
from tests.support.factories import make_submission, make_widget

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC)


def refuse(widget, nonce, **fields):
    with pytest.raises((intake_errors.TooMany, intake_errors.Rejected)):
        accept.accept(make_submission(widget, nonce=nonce, **{"address": "192.0.2.7"} | fields))


def test_a_flood_is_one_row_a_minute_and_names_nobody():
    widget = make_widget()
    with clock.set_to(NOW):
        accept.accept(make_submission(widget))
        for index in range(5):
            refuse(widget, f"n{index}")
    row = Refusal.objects.get()
    assert (row.kind, row.count, row.widget) == (RefusalKind.NUMBER, 5, widget)
    assert row.minute == NOW.replace(second=0)
    stored = repr(Refusal.objects.values().get())
    assert "612345678" not in stored
    assert "192.0.2.7" not in stored


@pytest.mark.parametrize(
    "other", [{"number": "0612345679"}, {"address": "192.0.2.8"}], ids=["number", "address"]
)
def test_each_number_and_each_address_has_a_row_of_its_own(other):
    widget = make_widget(is_paused=True)
    with clock.set_to(NOW):
        refuse(widget, "one")
        refuse(widget, "two", **other)
    assert [row.count for row in Refusal.objects.all()] == [1, 1]


@pytest.mark.parametrize(
    ("caps", "account_cap"),
    [({"hourly_cap": 1}, 1000), ({"daily_cap": 1}, 1000), ({}, 1)],
    ids=["hour", "day", "account"],
)
def test_a_cap_that_is_reached_is_told_once_in_a_while(settings, caps, account_cap):
    settings.ACCOUNT_DAILY_CAP = account_cap
    widget = make_widget(**caps)
    with clock.set_to(NOW):
        accept.accept(make_submission(widget))
        for index in range(3):
            refuse(widget, f"n{index}", number=f"06223456{index:02}")
    assert [(a.kind, a.about) for a in Alert.objects.all()] == [("limit", widget.name)]


def test_a_number_that_asks_too_often_is_no_alert():
    widget = make_widget()
    accept.accept(make_submission(widget))
    refuse(widget, "n")
    assert not Alert.objects.exists()


def test_a_paused_widget_takes_nobody():
    refuse(make_widget(is_paused=True), "n")
    assert Refusal.objects.get().kind == RefusalKind.PAUSED


def test_old_rows_are_forgotten():
    with clock.set_to(NOW):
        refusals.record(make_widget(), RefusalKind.BOT)
    assert refusals.forget_old(NOW + timedelta(days=29)) == 0
    assert refusals.forget_old(NOW + timedelta(days=31)) == 1
