"""Which requests are due: they wait for a worker, and may be called now."""

from datetime import datetime

from django.db.models import Q, QuerySet

from callbacks.core import clock
from callbacks.core.statements import Question, Statement
from callbacks.models import CallRequest, Status


def due(now: datetime) -> QuerySet[CallRequest]:
    """Return the requests that may be called at `now`, in the order in which they are served."""
    backs_off = Q(backoff_until__gt=now, backoff_since__lte=now + clock.SLACK)
    return CallRequest.objects.filter(
        ~backs_off | Q(backoff_until=None),
        Q(due_at__lte=now) | Q(is_scheduled=False),
        status=Status.QUEUED,
        patience_until__gt=now,
        number__empty=False,
        erased_at=None,
    ).order_by("queue_position", "id")


def is_due() -> Statement:
    """Return the condition of `due` as SQL, for statements that the ORM does not write.

    The time is the one that `clock.in_sql` gives.
    """
    now, last = clock.in_sql(), clock.in_sql(ago=-clock.SLACK)
    return Statement(
        f"status = 'queued' AND patience_until > {now.sql}"
        f" AND (due_at <= {now.sql} OR NOT is_scheduled)"
        f" AND (backoff_until IS NULL OR backoff_until <= {now.sql} OR backoff_since > {last.sql})"
        " AND number <> '' AND erased_at IS NULL",
        (*now.parameters * 3, *last.parameters),
    )


def due_question() -> Question:
    """Return the question whether anything is due, whatever pacing allows."""
    condition = is_due()
    return Question(
        f"SELECT 1 FROM callbacks_callrequest WHERE {condition.sql} LIMIT 1", condition.parameters
    )
