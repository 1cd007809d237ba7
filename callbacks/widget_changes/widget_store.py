"""Save the settings of a widget with all that follows from them, and record the change."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction

from callbacks.accounts import audit_log
from callbacks.core import clock
from callbacks.models import CallRequest, Widget
from callbacks.scheduling import open_periods
from callbacks.team_mails import digest
from callbacks.widget_changes import hours_changes

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def save(widget: Widget) -> None:
    """Save a widget whose fields were validated, with its open periods and times of summaries.

    Housekeeping then works out anew from when to when its waiting requests may be called
    (`lifecycle.hours_changed`). If the widget keeps to the legal hours of sales calls, no booking
    outside them stays confirmed: nobody may confirm one.
    """
    with transaction.atomic():
        now = clock.now()
        widget.hours_changed_at, widget.has_old_times = now, True
        widget.save()
        open_periods.replace(widget, now)
        if widget.sales_hours:
            booked = CallRequest.objects.filter(widget=widget, slot_end__gt=now)
            booked.filter(confirmed_for__isnull=False).update(confirmed_for=None)
        digest.set_times(widget, now)


def record_change(
    widget: Widget,
    changed: Sequence[str],
    before: Mapping[str, Any],
    *,
    person: "User | None" = None,
    operator: str | None = None,
) -> None:
    """Record in the audit log who changed which settings, with the old and new hours.

    `before` comes from `hours_changes.values`, or is the initial data of a form. `operator` is who
    ran a command. Call it in the transaction of the change.
    """
    audit_log.record(
        person,
        "widget.change",
        widget,
        changed=[*changed],
        hours=hours_changes.fact(before, widget),
        operator=operator,
    )
