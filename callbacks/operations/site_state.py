"""How the site is doing now, as numbers for `/metrics`. Each takes one query or a few."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, Count, F, Min, Q, QuerySet, Sum, When

from callbacks.models import (
    CallControl,
    CallRequest,
    MessageKind,
    MessageState,
    OutboxMessage,
    PeriodicJob,
    Status,
)
from callbacks.scheduling import pacing
from callbacks.worker import heartbeat, housekeeping_job

# Failed messages are counted for this long after they were created: their attempts alone take more
# than a day.
FAILED_LATELY = timedelta(days=7)


@dataclass(frozen=True)
class Requests:
    """How many requests have which status, of those that are not over.

    `waiting`: for a call now. `oldest`: since when the first of them waits. `booked`: for a call
    later, or at the next opening.
    """

    waiting: int
    oldest: datetime | None
    booked: int
    calling: int
    uncertain: int


@dataclass(frozen=True)
class Outbox:
    """The messages of one kind: how many wait, since when the oldest waits, how many failed.

    `failed` counts those of the last `FAILED_LATELY` that were given up.
    """

    waiting: int
    oldest: datetime | None
    failed: int


def requests(now: datetime) -> Requests:
    """Return the counts of the requests that are not over, at `now`. It takes three queries.

    Each reads one status by its index: for several at once, SQLite would read the whole table.
    """
    is_later = Q(is_scheduled=True, due_at__gt=now)
    # A call for later is waited for from its time on.
    since = Case(When(is_scheduled=True, then=F("due_at")), default=F("created_at"))
    queued = CallRequest.objects.filter(status=Status.QUEUED).aggregate(
        waiting=Count("pk", filter=~is_later),
        oldest=Min(since, filter=~is_later),
        booked=Count("pk", filter=is_later),
    )
    return Requests(
        **queued,
        calling=CallRequest.objects.filter(status=Status.CALLING).count(),
        uncertain=CallRequest.objects.filter(status=Status.UNCERTAIN, erased_at=None).count(),
    )


def outbox(now: datetime) -> dict[MessageKind, Outbox]:
    """Return the state of the outbox by kind of message. It takes two queries."""

    def by_kind(rows: QuerySet[OutboxMessage]) -> dict[str, tuple[int, datetime]]:
        counted = rows.order_by().values_list("kind").annotate(Count("pk"), Min("created_at"))
        return {kind: (count, oldest) for kind, count, oldest in counted}

    all_rows = OutboxMessage.objects
    # What has a later time from the beginning does not wait yet.
    waits = all_rows.filter(state=MessageState.WAITING).exclude(attempts=0, due_at__gt=now)
    waiting = by_kind(waits)
    failed = by_kind(all_rows.filter(state=MessageState.FAILED, created_at__gt=now - FAILED_LATELY))
    none: tuple[int, datetime | None] = (0, None)
    found = {}
    for kind in MessageKind:
        count, oldest = waiting.get(kind, none)
        found[kind] = Outbox(waiting=count, oldest=oldest, failed=failed.get(kind, none)[0])
    return found


def workers(now: datetime) -> tuple[int, int]:
    """Return how many worker processes are alive, and how many threads they have together."""
    found = heartbeat.alive(now).aggregate(processes=Count("pk"), of=Sum("threads", default=0))
    return found["processes"], found["of"]


def housekeeping_seen() -> datetime | None:
    """Return when the housekeeping process last said that it runs, or None if it never has."""
    job = PeriodicJob.objects.filter(name=housekeeping_job.NAME).values_list("until", flat=True)
    until = job.first()
    return until and until - housekeeping_job.LOCKED_FOR


def calls_started(now: datetime) -> int:
    """Return how many calls have started in the window of the account's pacing.

    The window is `PACE_SECONDS` long. Return 0 if there is no pacing.
    """
    return sum(limit.inside(now).order_by().count() for limit in pacing.account_pacing())


def call_control() -> CallControl:
    """Return the switches for all calls, without creating their row."""
    return CallControl.objects.filter(pk=1).first() or CallControl(pk=1)
