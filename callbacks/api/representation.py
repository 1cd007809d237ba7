"""What the API says about a request."""

from datetime import datetime

from ninja import Schema

from callbacks.api.fields import AnswersOut
from callbacks.contact import shown
from callbacks.models import (
    ApiKey,
    Attempt,
    CallOutcome,
    CallRequest,
    Outcome,
    OutcomeStatus,
    Reason,
    Scope,
    Status,
)
from callbacks.widgets import answers


class SlotOut(Schema):
    """A time slot. `when` names it in the field `when` of a request."""

    start: datetime
    end: datetime


class AttemptOut(Schema):
    """One try to place the call."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    outcome: Outcome
    http_status: int | None


class CallOutcomeOut(Schema):
    """How the call service rated the call. It documents no unit for the duration."""

    status: OutcomeStatus | None
    duration: float | None
    tags: list[str]
    reported_at: datetime | None


class RequestOut(Schema):
    """A request, its attempts, and the latest outcome that the call service reported, if any.

    For a key without `numbers:read`, number and email are masked, and personal answers null.
    `topic` is the name of the topic that the visitor chose, `topic_label` its label as they read
    it, and `offered_by` the widget that offered it, if that still exists. `fields` are the answers
    to additional fields by their keys.
    """

    id: str
    widget: str
    topic: str | None
    topic_label: str | None
    offered_by: str | None
    status: Status
    reason: Reason | None
    status_since: datetime
    created_at: datetime
    due_at: datetime
    slot: SlotOut | None
    number: str | None
    email: str | None
    language: str
    page: str | None
    fields: AnswersOut
    is_erased: bool
    attempts: list[AttemptOut]
    outcome: CallOutcomeOut | None


def of(call_request: CallRequest, key: ApiKey) -> RequestOut:
    """Return what this key may know about the request.

    Its attempts and outcomes are read, or prefetched.
    """
    in_full = key.has_scope(Scope.NUMBERS)
    start, end = call_request.slot_start, call_request.slot_end
    return RequestOut(
        id=call_request.public_id,
        widget=call_request.widget.public_id,
        topic=call_request.topic or None,
        topic_label=call_request.topic_label or None,
        offered_by=call_request.offered_by.public_id if call_request.offered_by else None,
        status=Status(call_request.status),
        reason=Reason(call_request.reason) if call_request.reason else None,
        status_since=call_request.status_at,
        created_at=call_request.created_at,
        due_at=call_request.due_at,
        slot=SlotOut(start=start, end=end) if start and end else None,
        number=shown.number(call_request.number, in_full=in_full),
        email=shown.email(call_request.email, in_full=in_full),
        language=call_request.language,
        page=shown.text(
            call_request.page_url,
            number=call_request.number,
            email=call_request.email,
            in_full=in_full,
        ),
        fields=answers.for_systems(call_request, in_full=in_full),
        is_erased=call_request.erased_at is not None,
        attempts=[_attempt(attempt) for attempt in call_request.attempts.all()],
        outcome=_outcome(next(iter(call_request.outcomes.all()), None)),
    )


def _attempt(attempt: Attempt) -> AttemptOut:
    return AttemptOut(
        number=attempt.number,
        started_at=attempt.started_at,
        ended_at=attempt.ended_at,
        outcome=Outcome(attempt.outcome),
        http_status=attempt.http_status,
    )


def _outcome(outcome: CallOutcome | None) -> CallOutcomeOut | None:
    if outcome is None:
        return None
    return CallOutcomeOut(
        status=OutcomeStatus(outcome.status) if outcome.status in OutcomeStatus else None,
        duration=outcome.duration,
        tags=outcome.tags,
        reported_at=outcome.reported_at,
    )
