"""The history of a request, newest first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from callbacks.abuse import limits
from callbacks.lifecycle import transitions
from callbacks.models import (
    Actor,
    Attempt,
    CallOutcome,
    CallRequest,
    ConsentEvent,
    ConsentProof,
    MailEvent,
    Move,
    Note,
    OutboxMessage,
    OutcomeStatus,
    Reason,
    Status,
)
from callbacks.models.consent import FIRST_EVENTS
from callbacks.staff.common.formatting import moment
from callbacks.staff.common.unmasking import Masking
from callbacks.staff.help import codes
from callbacks.staff.outbox.outbox_words import problem_in_words

# The line of an attempt already tells these moves: its beginning and its outcome.
_OF_AN_ATTEMPT = frozenset(
    move.name
    for move in (transitions.CLAIM, transitions.ACCEPT, transitions.REQUEUE, transitions.REFUSE)
)

_SAID_BY_ACTOR = frozenset({Reason.BY_STAFF, Reason.BY_VISITOR, Reason.BY_API})

_TITLES: dict[str, Promise] = {
    transitions.MARK_UNCERTAIN.name: gettext_lazy("Became uncertain"),
    transitions.LATE_ACCEPT.name: gettext_lazy("Late answer: the call was accepted"),
    transitions.EXPIRE.name: gettext_lazy("Expired: the maximum wait is over"),
    transitions.EXPIRE_CLOSED.name: gettext_lazy("Expired: no opening hours ahead"),
    transitions.RESCHEDULE.name: gettext_lazy("Moved to another time"),
    transitions.CONFIRM.name: gettext_lazy("Time slot confirmed"),
    transitions.SET_ASIDE.name: gettext_lazy("Set aside: cannot be decrypted"),
    transitions.CANCEL.name: pgettext_lazy("timeline", "Cancelled"),
    transitions.RETRY.name: gettext_lazy("Back in the queue"),
    transitions.MARK_CALLED.name: gettext_lazy("Marked as called"),
    transitions.CLOSE.name: gettext_lazy("Closed"),
    transitions.HOLD.name: gettext_lazy("Set aside for staff"),
}


_CONSENT_TITLES: dict[ConsentEvent, Promise] = {
    ConsentEvent.CORRECTED: gettext_lazy("Number corrected, with consent for the new one"),
    ConsentEvent.WITHDRAWN: gettext_lazy("Consent withdrawn"),
}


@dataclass(frozen=True)
class Event:
    """One line of the history. `kind` colours it: a status, an outcome, "asked" or "note"."""

    at: datetime
    kind: str
    title: str
    by: str = ""
    # The new status, if it changed.
    status: str = ""
    status_kind: str = ""
    reason: str = ""
    note: str = ""
    # Further facts: name and value.
    facts: Sequence[tuple[str, str]] = ()
    # The anchor on the help page that explains it.
    help: str = ""
    # Words quoted: the text of the consent, or the answer of the call service.
    quote: str = ""


def timeline(
    call_request: CallRequest,
    moves: Sequence[Move],
    attempts: Sequence[Attempt],
    notes: Sequence[Note],
    proofs: Sequence[ConsentProof],
    outcomes: Sequence[CallOutcome],
    emails: Sequence[OutboxMessage],
    counted: Sequence[datetime],
    masking: Masking,
) -> list[Event]:
    """Return the history of a request, newest first.

    Args:
        call_request: The request.
        moves: Its moves, with their persons.
        attempts: Its attempts, with their persons.
        notes: Its notes, with their persons.
        proofs: Its proofs of consent, with their texts.
        outcomes: What the call service reported about its calls.
        emails: The emails to its visitor.
        counted: When its number counted towards the limits (see `caller_history.counted`).
        masking: How the session sees personal data.
    """
    events = [*_beginning(call_request, proofs, counted), *map(_of_attempt, attempts)]
    events += [*map(_of_outcome, outcomes), *map(_of_email, emails)]
    events += [_of_move(move, counted) for move in moves if move.name not in _OF_AN_ATTEMPT]
    events += [
        Event(at=note.at, kind="note", title=_("Note"), by=str(note.person or ""), note=note.text)
        for note in notes
    ]
    if call_request.erased_at:
        events.append(
            Event(at=call_request.erased_at, kind="note", title=_("Personal data erased"))
        )
    events = [
        replace(event, note=masking.note(event.note), quote=masking.text(call_request, event.quote))
        for event in events
    ]
    # The sort is stable: events of the same instant keep the order above.
    return sorted(events, key=lambda event: event.at)[::-1]


def _beginning(
    call_request: CallRequest, proofs: Sequence[ConsentProof], counted: Sequence[datetime]
) -> Iterator[Event]:
    """Yield the request itself, and each event of its consent."""
    first = next((proof for proof in proofs if proof.event in FIRST_EVENTS), None)
    vouched = first if first and first.event == ConsentEvent.VOUCHED else None
    yield Event(
        at=call_request.created_at,
        kind="asked",
        title=_("Call requested"),
        by=str(Actor.API_KEY.label if vouched else Actor.VISITOR.label),
        facts=[
            (_("Widget"), str(call_request.widget)),
            *_of_topic(call_request),
            (_("Language"), call_request.get_language_display()),
            *_towards_limits(call_request.created_at, counted),
        ],
    )
    yield Event(
        at=call_request.created_at if vouched else call_request.consent_at,
        kind="asked",
        title=_("Consent vouched for by a system") if vouched else _("Consent given"),
        by=str(Actor.API_KEY.label if vouched else Actor.VISITOR.label),
        quote=call_request.consent_text,
        facts=_of_proof(first) if first else (),
    )
    for proof in proofs:
        if proof.event not in FIRST_EVENTS:
            yield Event(
                at=proof.at,
                kind="asked",
                title=str(_CONSENT_TITLES[ConsentEvent(proof.event)]),
                by=str(Actor.VISITOR.label),
                facts=_of_proof(proof),
            )


def _of_topic(call_request: CallRequest) -> list[tuple[str, str]]:
    """Return the topic that the visitor chose, and the widget that offered it if it is another."""
    facts = [(_("Topic"), call_request.topic_label)] if call_request.topic else []
    if call_request.offered_by_id not in {None, call_request.widget_id}:
        facts.append((_("Offered by"), str(call_request.offered_by)))
    return facts


def _towards_limits(at: datetime, counted: Sequence[datetime]) -> list[tuple[str, str]]:
    """Return how far the number had used its limit at that moment.

    A retry by staff counts too, and may exceed what visitors are allowed.
    """
    if not counted:
        return []
    most, window = limits.NUMBER_LIMITS[-1]
    number = sum(at - window < other <= at for other in counted)
    if number > most:
        words = _("Request %(n)d in 24 hours; visitors may make %(most)d")
    else:
        words = _("Request %(n)d of %(most)d allowed in 24 hours")
    return [(_("Limits"), words % {"n": number, "most": most})]


def _of_proof(proof: ConsentProof) -> list[tuple[str, str]]:
    """Return the facts about a proof of consent."""
    facts = [(_("Proof"), proof.digest[:12])]
    if proof.vouched_by and proof.claimed_at:
        facts = [
            (_("API key"), proof.vouched_by.name),
            (_("Consent given, as the system says"), moment(proof.claimed_at)),
            *facts,
        ]
    if proof.text:
        facts.insert(0, (_("Consent text"), _("version %(n)d") % {"n": proof.text.version}))
    if proof.link is not None:
        facts.append((_("Place in the chain"), str(proof.link)))
    return facts


def _of_attempt(attempt: Attempt) -> Event:
    """Return the line of an attempt."""
    facts = [(_("Call service"), attempt.service), (_("Call worker"), attempt.worker)]
    if attempt.http_status is not None:
        facts.append((_("HTTP status"), str(attempt.http_status)))
    if attempt.answers not in {"", str(attempt.http_status)}:
        words = ngettext("%(n)d time: %(answers)s", "%(n)d times: %(answers)s", attempt.sends)
        answers = attempt.answers.replace("-", _("no answer")).replace(",", ", ")
        facts.append((_("Sent"), words % {"n": attempt.sends, "answers": answers}))
    if attempt.code:
        facts.append((_("Code"), attempt.code))
    if attempt.duration_ms is not None:
        facts.append((_("Duration"), _("%(n)d ms") % {"n": attempt.duration_ms}))
    return Event(
        at=attempt.started_at,
        kind=attempt.outcome,
        title=_("Attempt %(n)d: %(outcome)s")
        % {"n": attempt.number, "outcome": attempt.get_outcome_display()},
        by=_("Call worker, for %(person)s") % {"person": attempt.person}
        if attempt.person
        else str(Actor.WORKER.label),
        facts=facts,
        help=codes.code_anchor(attempt.code, attempt.outcome),
        quote=attempt.excerpt,
    )


def _of_outcome(outcome: CallOutcome) -> Event:
    """Return the line of what the call service reported after the call."""
    facts = []
    if outcome.duration is not None:
        facts.append((_("Duration (as reported)"), f"{outcome.duration:g}"))
    if outcome.tags:
        facts.append((_("Tags"), ", ".join(outcome.tags)))
    if outcome.campaign:
        facts.append((_("Campaign"), outcome.campaign))
    if outcome.service_id:
        facts.append((_("Call ID at the service"), outcome.service_id))
    if outcome.reported_at:
        facts.append((_("Time of the report"), moment(outcome.reported_at)))
    return Event(
        at=outcome.received_at,
        kind="accepted" if outcome.status == OutcomeStatus.QUALIFIED else "note",
        title=_("Outcome of the call: %(outcome)s")
        % {"outcome": outcome.get_status_display() or _("Unknown")},
        by=_("Call service"),
        facts=facts,
    )


def _of_email(message: OutboxMessage) -> Event:
    """Return the line of an email to the visitor: sent, waiting, or why not."""
    facts = [(_("Status"), message.get_state_display())]
    if message.problem:
        facts.append((_("Problem"), problem_in_words(message.problem)))
    return Event(
        at=message.ended_at or message.created_at,
        kind="note",
        title=_("Email to the visitor: %(event)s") % {"event": MailEvent(message.event).label},
        facts=facts,
    )


def _of_move(move: Move, counted: Sequence[datetime]) -> Event:
    """Return the line of a move."""
    return Event(
        at=move.at,
        kind=move.to_status,
        title=str(_TITLES.get(move.name, move.name)),
        by=str(move.person) if move.person else str(Actor(move.actor).label),
        status=str(Status(move.to_status).label),
        status_kind=move.to_status,
        reason="" if move.reason in _SAID_BY_ACTOR else move.get_reason_display(),
        help="" if move.reason in _SAID_BY_ACTOR else move.reason,
        note=move.note,
        facts=_towards_limits(move.at, counted) if move.name == transitions.RETRY.name else (),
    )
