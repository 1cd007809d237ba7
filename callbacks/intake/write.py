"""Step 4, write: the request, its proof of consent and its hits, atomically.

A hit is a row for each limit that the request counts towards (`callbacks.abuse.limits`).
"""

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime

from django.db import transaction

from callbacks.abuse import detection, limits
from callbacks.consent import proof as consent_proof
from callbacks.consent import texts as consent_texts
from callbacks.core import clock, database, queries
from callbacks.core.statements import Statement, columns_of
from callbacks.hours import sales_hours
from callbacks.intake.facts import Facts
from callbacks.intake.request_form import Cleaned
from callbacks.intake.submission import Submission
from callbacks.lifecycle import hours_changed
from callbacks.models import CallRequest, ConsentEvent, ConsentProof, bot_email
from callbacks.scheduling import slot_places
from callbacks.scheduling.call_time import CallTime
from callbacks.scheduling.slot_places import Slot
from callbacks.team_mails import events as team_mails
from callbacks.visitor_mails import events as visitor_mails
from callbacks.webhooks import events
from callbacks.worker import tasks

SQL = queries.load(__file__, "intake.sql")


class ConditionFailed(Exception):
    """A limit is full, or the same form has just been accepted. Nothing was written."""


def write(
    submission: Submission,
    values: Cleaned,
    facts: Facts,
    time: CallTime,
    freed: Sequence[datetime],
) -> CallRequest:
    """Write the request with its proof and its hits; wake a worker for a call now after the commit.

    `time` says when to call. A place in a time slot is counted while the slot is locked. `freed`
    are the times of this number's requests that do not count towards its limit of 5 minutes,
    because the phone certainly never rang (`next_request.freed`). A condition that fails is not
    an error for the database: the database would log the statement of an error, with the number in
    it.

    Raises:
        ConditionFailed: a limit or the time slot is full, or the same form was accepted meanwhile.
    """
    widget, now = submission.widget, facts.now
    call_request = _new_request(submission, values, time, now)
    allowed = limits_of(submission, values, freed, now)
    extra_keys = detection.extra_limit_keys(widget, submission.fill_time)
    vouched = submission.vouched
    is_new_text = facts.text_id is None and vouched is None
    with transaction.atomic() if is_new_text else nullcontext():
        if vouched:
            proof = consent_proof.proof_of(call_request, ConsentEvent.VOUCHED, now, None, vouched)
        else:
            text = consent_texts.text_version(
                widget,
                submission.language,
                submission.consent_text,
                now,
                known=(facts.text_id, facts.text_version),
            )
            proof = consent_proof.proof_of(call_request, ConsentEvent.GIVEN, now, text)
        saved, *_ = database.run(
            _statements(call_request, proof, allowed, extra_keys, submission.body_hash),
            locking={*limits.keys_of(allowed, extra_keys), *_slot_keys(call_request)},
            savepoint=True,
        )
        if not saved.rows:
            raise ConditionFailed
        database.set_primary_key(call_request, saved)
        del call_request.queue_position  # the database computed it: Django reads it on first use
        if not time.is_scheduled:  # a later call joins the queue when its time has come
            transaction.on_commit(tasks.notify_workers, robust=True)
    if widget.has_hours and time.slot is None:  # a slot stays as it was booked
        hours_changed.flag_if_changed_since(widget, now)
    return call_request


def limits_of(
    submission: Submission, values: Cleaned, freed: Sequence[datetime], now: datetime
) -> list[limits.RateLimit]:
    """Return every limit that the request counts towards; for `freed`, see `write`."""
    return limits.of_request(
        submission.widget, values.number, freed, now, one_more=submission.is_one_more
    )


def _statements(
    call_request: CallRequest,
    proof: ConsentProof,
    allowed: Sequence[limits.RateLimit],
    extra_keys: Sequence[str],
    body_hash: str,
) -> list[Statement]:
    """Return the statements that write these rows, in their order."""
    number, number_daily, widget_hourly, widget_daily, account = allowed
    now = call_request.created_at
    request_columns = columns_of(call_request, SQL["add_request"].names)
    proof_columns = columns_of(proof, SQL["add_proof"].names)
    windows: dict[str, object] = {"latest_reading": now + clock.SLACK}
    for name, limit in (
        ("number", number),
        ("number_daily", number_daily),
        ("widget_hourly", widget_hourly),
        ("widget_daily", widget_daily),
        ("account", account),
    ):
        # A constant, because it is the same for most forms: see `as_literal`.
        windows |= {
            f"{name}_most": Statement(f"{limit.most:d}"),
            f"{name}_since": now - limit.window,
        }
    [fast_key] = extra_keys or [""]
    keys = {"number_key": number.key, "widget_key": widget_hourly.key}
    public_id = {"public_id": call_request.public_id}
    # Constants for a form, because psycopg caches messages of at most 50 parameters.
    proof_columns["event"] = Statement(f"'{ConsentEvent(proof.event).value}'")
    if not proof.vouched_by_id:
        request_columns["consent_at"] = Statement("%s", (now,))
    if not call_request.answers:
        request_columns["answers"] = Statement("'{}'")
    statements = [
        SQL["add_request"](
            **{**request_columns, **windows, **keys},
            has_place=_has_place(call_request),
            now=now,
        ),
        SQL["add_proof"](**{**proof_columns, **public_id}),
        SQL["count_hits"](**keys, **public_id, fast_key=fast_key),
        events.of_form(**public_id),
        *visitor_mails.of_new_request(call_request),
        *team_mails.of_form(**public_id),
    ]
    if body_hash:
        statements.append(SQL["add_idempotent"](**public_id, body_hash=body_hash))
    return statements


def _slot_keys(call_request: CallRequest) -> list[str]:
    """Return the keys to lock before the places in the request's time slot are counted."""
    if call_request.slot_start is None or call_request.slot_end is None:
        return []
    slot = Slot(call_request.slot_start, call_request.slot_end)
    return slot_places.lock_keys(call_request.widget, slot)


def _has_place(call_request: CallRequest) -> Statement:
    """Return the condition that the request's time slot has a place left, if it has a slot."""
    capacity = call_request.widget.slot_capacity
    if call_request.slot_start is None or capacity is None:
        return Statement("TRUE")
    count = SQL["places_taken"](
        widget_id=call_request.widget_id,
        slot_start=call_request.slot_start,
        slot_end=call_request.slot_end,
        earliest=call_request.slot_start - slot_places.LONGEST,
    )
    return Statement(f"({count.sql}) < %s", (*count.parameters, capacity))


def _new_request(
    submission: Submission, values: Cleaned, time: CallTime, now: datetime
) -> CallRequest:
    """Return the request, not saved yet. `now` is the time at which it was sent."""
    call_request = CallRequest(
        widget=submission.widget,
        nonce=submission.nonce,
        number=values.number,
        consumer_zone=sales_hours.consumer_zone(str(values.number)),
        email=values.email,
        is_verified=submission.is_verified,
        language=submission.language,
        consent_text=submission.consent_text,
        consent_at=submission.vouched.given_at if submission.vouched else now,
        created_at=now,
        page_url=submission.source.page_url,
        page_title=submission.source.page_title,
        referrer=submission.source.referrer,
        campaign=dict(submission.source.campaign),
        answers=dict(values.answers.plain),
        personal_answers=values.answers.personal,
        address=submission.address,
        status_at=now,
        due_at=time.due_at,
        is_scheduled=time.is_scheduled,
        asked_for=submission.asked_for,
        slot_start=time.slot.start if time.slot else None,
        slot_end=time.slot.end if time.slot else None,
        patience_until=time.patience_until,
    )
    if submission.topic:
        call_request.topic = submission.topic.key
        call_request.topic_label = submission.topic.label
        call_request.offered_by = submission.topic.offered_by
    if not submission.tells_email:
        text = submission.widget.bot_email
        call_request.bot_email = bot_email.of(text, call_request.public_id)
    return call_request
