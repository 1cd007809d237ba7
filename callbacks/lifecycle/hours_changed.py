"""Work out anew from when to when requests may be called, after the opening hours have changed.

Housekeeping does it, in its next round. Until then, a request keeps its old times. It is not called
outside the new hours, because every claim looks at the open periods themselves.
"""

from datetime import datetime, timedelta

import structlog
from django.db.models import QuerySet

from callbacks.core import clock
from callbacks.lifecycle import transitions
from callbacks.models import Actor, CallRequest, Reason, Status, Widget
from callbacks.scheduling import call_time, open_periods

log = structlog.get_logger(__name__)

# The most requests that fail in one round, because housekeeping has other work to do.
BATCH = 500
# For this long after a change, each round adjusts the requests. A process that takes a form may
# still know the widget as it was (`widgets.cache`), and a move or a retry may be under way.
SETTLING = timedelta(seconds=5)


def keep_up(now: datetime) -> int:
    """Adjust the waiting requests of the widgets whose hours have changed.

    Return how many requests have failed, because their widget never opens again.
    """
    failed = 0
    for widget in Widget.objects.filter(has_old_times=True):
        ended = fail_closed(widget, now)
        failed += ended
        if ended == BATCH:
            continue  # the next round goes on with this widget
        for zone, due_at, is_scheduled in _times_of(widget):
            _adjust(widget, zone, due_at, is_scheduled, now)
        if _is_settling(widget, now):
            continue
        # If they have changed again meanwhile, the next round begins anew.
        Widget.objects.filter(pk=widget.pk, hours_changed_at=widget.hours_changed_at).update(
            has_old_times=False
        )
    return failed


def _is_settling(widget: Widget, now: datetime) -> bool:
    """Return whether requests with times by the old hours may still be written."""
    changed_at = widget.hours_changed_at
    return changed_at is not None and clock.is_ahead(changed_at + SETTLING, now, SETTLING)


def flag(widget: Widget) -> None:
    """Let the next round adjust a widget's requests, because one has a number of another zone."""
    Widget.objects.filter(pk=widget.pk).update(has_old_times=True)


def flag_if_changed_since(widget: Widget, read_at: datetime) -> None:
    """Let the next round adjust a widget's requests, if its hours have changed since `read_at`.

    Call it after a request was written with times that were worked out at `read_at`: the round that
    followed the change may not have seen this request.
    """
    Widget.objects.filter(pk=widget.pk, hours_changed_at__gte=read_at).update(has_old_times=True)


def fail_closed(widget: Widget, now: datetime) -> int:
    """Fail the waiting requests of a widget that have no open time ahead, at most `BATCH`.

    Return how many. Their visitors and staff are told by the reason `closed`.
    """
    if not widget.has_hours:
        return 0
    waiting = _unfinished(widget).filter(transitions.never_opens(now), status=Status.QUEUED)
    compared = waiting.only("public_id", "status", "attempts_made", "erased_at")
    return sum(map(_fail, compared[:BATCH]))


def _fail(call_request: CallRequest) -> bool:
    if not transitions.transition(
        call_request, transitions.EXPIRE_CLOSED, Actor.HOUSEKEEPING, reason=Reason.CLOSED
    ):
        return False
    log.warning("request_closed", call_request=call_request.public_id)
    return True


def _adjust(
    widget: Widget, consumer_zone: str, due_at: datetime, is_scheduled: bool, now: datetime
) -> None:
    """Write the times of the requests that have these times now.

    A request that waits for the next opening gets the new one. The maximum wait of any other goes
    on from where it began. A request for a call now ends at once if it is closed now, as it ends at
    any closing.
    """
    zone = consumer_zone if widget.sales_hours else ""
    is_to_come = is_scheduled and due_at > now
    begun = now if is_to_come else due_at
    periods = open_periods.ahead(widget, zone, begun)
    if widget.has_hours and not periods:
        return  # it fails in the next round, at the latest when its old maximum wait ends
    if is_to_come and periods:
        begun = max(periods[0][0], now)
    ends_at = call_time.wait_ends(widget, periods, begun, is_scheduled=is_scheduled)
    ends_at_closing = not is_scheduled and not widget.waits_for_opening
    if widget.has_hours and ends_at_closing and periods[0][0] > now:
        ends_at = now
    _unfinished(widget).filter(
        consumer_zone=consumer_zone, due_at=due_at, is_scheduled=is_scheduled
    ).update(due_at=begun, patience_until=ends_at)


def _times_of(widget: Widget) -> list[tuple[str, datetime, bool]]:
    """Return the different times of a widget's unfinished requests.

    Those that wait for the same opening are changed together.
    """
    rows = _unfinished(widget).order_by()
    return list(rows.values_list("consumer_zone", "due_at", "is_scheduled").distinct())


def _unfinished(widget: Widget) -> QuerySet[CallRequest]:
    """Return the requests of a widget that wait or are being called, but for those in a time slot.

    A slot stays as it was booked: the visitor expects the call then.
    """
    return CallRequest.objects.filter(
        widget=widget, status__in=(Status.QUEUED, Status.CALLING), slot_start=None
    )
