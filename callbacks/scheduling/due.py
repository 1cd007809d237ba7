"""Which requests are due: they wait for a worker, and may be called now."""

from datetime import datetime

from django.db.models import Q, QuerySet

from callbacks.core import clock
from callbacks.core.statements import Question, Statement
from callbacks.models import CallRequest, Status


def due(now: datetime) -> QuerySet[CallRequest]:
    """What waits for a worker at `now`, in the order in which it is served."""
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
    """What `due` selects, as the condition of a statement of our own."""
    now, right = clock.in_sql(), clock.in_sql(ago=-clock.SLACK)
    return Statement(
        f"status = 'queued' AND patience_until > {now.sql}"
        f" AND (due_at <= {now.sql} OR NOT is_scheduled)"
        f" AND (backoff_until IS NULL OR backoff_until <= {now.sql} OR backoff_since > {right.sql})"
        " AND number <> '' AND erased_at IS NULL",
        (*now.parameters * 3, *right.parameters),
    )


def due_question() -> Question:
    """Whether anything is due, whether pacing leaves room for it or not."""
    condition = is_due()
    return Question(
        f"SELECT 1 FROM callbacks_callrequest WHERE {condition.sql} LIMIT 1", condition.parameters
    )
