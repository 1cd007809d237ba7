"""Move the requests that were left behind: their worker died, or their patience has ended.

Some rows lie ahead of the clock. Either the clock was ahead when they were written, or it is behind
now.
"""

from datetime import UTC, datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from callbacks.call_api.codes import AttemptCode
from callbacks.core import clock
from callbacks.lifecycle import transitions
from callbacks.models import Actor, Attempt, CallRequest, Outcome, PeriodicJob, Reason, Status
from callbacks.models.attempt import GRACE
from callbacks.scheduling import slot_places

log = structlog.get_logger(__name__)

# The job whose `last_run_at` says since when rows have lain ahead of the clock. It is missing while
# no such rows exist.
AHEAD = "rows_ahead"
BATCH = 500
# The columns that a move compares and the log names. They hold no personal data, so that a row that
# cannot be decrypted does not stop the round.
_COMPARED = ("public_id", "status", "attempts_made", "erased_at")


def time_ahead(now: datetime) -> timedelta:
    """Return for how long there have been rows that lie ahead of the clock.

    Either the clock was ahead when they were written, or the clock is behind now. One look cannot
    tell which. So these rows are not changed at once: if the clock is behind, it will be corrected.
    """
    job, _ = PeriodicJob.objects.get_or_create(
        name=AHEAD, defaults={"until": now, "last_run_at": now}
    )
    if job.last_run_at is None or job.last_run_at > now:  # the clock was set back once more
        PeriodicJob.objects.filter(name=AHEAD).update(until=now, last_run_at=now)
        return timedelta()
    return now - job.last_run_at


def end_patience_ahead(now: datetime, ahead_for: timedelta) -> bool:
    """End the patience of requests dated ahead of the clock that have waited long enough.

    Long enough means that housekeeping has seen them wait for their whole patience. Return whether
    there are any. Such a request may be called all the same, but without this function its patience
    would end too late, by as much as the clock was ahead.
    """
    over = CallRequest.objects.filter(
        status=Status.QUEUED,
        queue_position__isnull=False,
        is_scheduled=False,
        due_at__gt=now + clock.SLACK,
        patience_until__gt=now,
        patience_until__lte=F("due_at") + ahead_for,
    )
    return bool(
        over.filter(pk__in=list(over.values_list("pk", flat=True)[:BATCH])).update(
            patience_until=now
        )
    )


def _latest_start(now: datetime, ahead_for: timedelta) -> datetime:
    """Return the latest time at which an attempt that is still under way may have begun.

    Any time counts as long as the clock may merely be behind for a moment.
    """
    if ahead_for < timedelta(seconds=settings.LONGEST_PLACING_SECONDS):
        return datetime.max.replace(tzinfo=UTC)
    return now + clock.SLACK


def mark_left_behind(now: datetime, ahead_for: timedelta) -> int:
    """Make each request uncertain whose worker died during its call. Return how many."""
    latest_start = _latest_start(now, ahead_for)
    alive = _alive(now, latest_start)
    dead = CallRequest.objects.filter(~Exists(alive), status=Status.CALLING)
    return sum(
        mark_uncertain(call_request, now, latest_start)
        for call_request in dead.only(*_COMPARED)[:BATCH]
    )


def _alive(now: datetime, latest_start: datetime) -> QuerySet[Attempt]:
    """Return the attempts of a request (`OuterRef`) that a worker may still be making."""
    return Attempt.objects.filter(
        call_request=OuterRef("pk"),
        outcome=Outcome.PENDING,
        deadline_at__gt=now - GRACE,
        started_at__lte=latest_start,
    )


def mark_uncertain(
    call_request: CallRequest, now: datetime, latest_start: datetime | None = None
) -> bool:
    """Make a request uncertain because its worker died.

    Return False, with nothing done, if the row has changed since it was read, or if a live attempt
    exists. An attempt that began after `latest_start` was dated by a clock that was ahead, and does
    not count as live.
    """
    alive = _alive(now, latest_start or now + clock.SLACK)
    with transaction.atomic():
        if not transitions.transition(
            call_request,
            transitions.MARK_UNCERTAIN,
            Actor.HOUSEKEEPING,
            reason=Reason.WORKER_DIED,
            only=Q(~Exists(alive)),
        ):
            return False
        call_request.attempts.filter(outcome=Outcome.PENDING).update(
            outcome=Outcome.UNKNOWN, code=AttemptCode.WORKER_DIED, ended_at=now
        )
    log.warning(
        "attempt_abandoned", call_request=call_request.public_id, attempt=call_request.attempts_made
    )
    return True


def expire_late(now: datetime) -> tuple[int, int]:
    """Fail the requests whose patience has ended. Return how many as *too late*, and as *closed*.

    A time slot may lie outside the opening hours, because they were changed after it was booked. If
    no person confirmed it, the request fails for that reason: nobody was to be called then.
    """
    late = CallRequest.objects.filter(status=Status.QUEUED, patience_until__lte=now)
    late = late.order_by("patience_until").only(*_COMPARED)
    outside_hours = slot_places.outside_hours()
    closed = sum(expire(one, Reason.CLOSED) for one in late.filter(outside_hours)[:BATCH])
    return sum(map(expire, late.exclude(outside_hours)[:BATCH])), closed


def expire(call_request: CallRequest, reason: Reason = Reason.TOO_LATE) -> bool:
    """Fail a request that could not be called in time. Return False if its row has changed.

    `reason` is *too late* or *closed*.
    """
    if not transitions.transition(
        call_request, transitions.EXPIRE, Actor.HOUSEKEEPING, reason=reason
    ):
        return False
    if reason == Reason.CLOSED:
        log.warning("request_closed", call_request=call_request.public_id)
    else:
        log.warning("request_too_late", call_request=call_request.public_id)
    return True
