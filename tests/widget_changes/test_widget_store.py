"""Saving a widget's settings also moves its daily summaries to the same time in its new zone."""

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from callbacks.core import clock
from callbacks.models import AuditEntry, TeamMailRecipient, Widget
from callbacks.team_mails import digest
from callbacks.team_mails.recipients import Notice
from callbacks.widget_changes import hours_changes, widget_store
from tests.support.hours.widgets import open_widget
from tests.support.team_mails import add

pytestmark = pytest.mark.django_db

PARIS, NEW_YORK = ZoneInfo("Europe/Paris"), ZoneInfo("America/New_York")
# 10:00 in Paris, and 4:00 in New York: at both places, the summary of 8:30 is ahead.
ADDED = datetime(2026, 6, 1, 10, tzinfo=PARIS).astimezone(UTC)
IN_PARIS = datetime(2026, 6, 2, 8, 30, tzinfo=PARIS)
IN_NEW_YORK = datetime(2026, 6, 1, 8, 30, tzinfo=NEW_YORK)


@pytest.fixture
def shop() -> Widget:
    return open_widget(ADDED, time_zone="Europe/Paris", opening_hours="Mo-Fr 09:00-18:00")


def owner_of(widget: Widget, *notices: Notice, **fields: Any) -> TeamMailRecipient:
    with clock.set_to(ADDED):
        return add(widget, *(notices or [Notice.DIGEST]), digest_at=time(8, 30), **fields)


def move_to(widget: Widget, zone: str, at: datetime = ADDED) -> None:
    widget.time_zone = zone
    with clock.set_to(at):
        widget.full_clean()
        widget_store.save(widget)


def test_the_next_summary_comes_at_its_time_in_the_new_zone(shop: Widget) -> None:
    owner = owner_of(shop)
    assert owner.digest_due_at == IN_PARIS
    move_to(shop, "America/New_York")
    owner.refresh_from_db()
    assert owner.digest_due_at == IN_NEW_YORK


def test_a_widget_that_loses_its_hours_keeps_the_zone_of_the_site(shop: Widget) -> None:
    move_to(shop, "America/New_York")
    owner = owner_of(shop)
    assert owner.digest_due_at == IN_NEW_YORK
    shop.opening_hours = ""
    move_to(shop, "America/New_York")
    owner.refresh_from_db()
    assert owner.digest_due_at == digest.next_after(shop, time(8, 30), ADDED) != IN_NEW_YORK


def test_a_summary_that_is_due_already_stays_due(shop: Widget) -> None:
    owner = owner_of(shop)
    move_to(shop, "America/New_York", at=IN_PARIS.astimezone(UTC))
    owner.refresh_from_db()
    assert owner.digest_due_at == IN_PARIS


def test_whoever_wants_no_summary_gets_none_by_a_new_zone(shop: Widget) -> None:
    owner = owner_of(shop, Notice.NEW)
    move_to(shop, "America/New_York")
    owner.refresh_from_db()
    assert owner.digest_due_at is None


def test_summaries_of_other_widgets_keep_their_time(shop: Widget) -> None:
    other = open_widget(ADDED, time_zone="Europe/Paris", opening_hours="Mo-Fr 09:00-18:00")
    owner = owner_of(other)
    move_to(shop, "America/New_York")
    owner.refresh_from_db()
    assert owner.digest_due_at == IN_PARIS


def test_a_command_that_changes_the_zone_moves_the_summary(shop: Widget) -> None:
    owner = owner_of(shop)
    with clock.set_to(ADDED):
        call_command("change_widget", shop.public_id, time_zone="America/New_York")
    owner.refresh_from_db()
    assert owner.digest_due_at == IN_NEW_YORK


def test_a_change_is_recorded_with_the_old_and_new_hours(shop: Widget) -> None:
    before = hours_changes.values(shop)
    move_to(shop, "America/New_York")
    widget_store.record_change(shop, ["time_zone"], before, operator="root")
    entry = AuditEntry.objects.get(action="widget.change")
    assert entry.facts["hours"] == ["-time_zone=Europe/Paris", "+time_zone=America/New_York"]
    assert (entry.facts["changed"], entry.facts["operator"]) == (["time_zone"], "root")
