"""The lines of calls, of their outcomes, and of emails to the visitor."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from callbacks.contact.invisible import spelt_out
from callbacks.core import outside_times
from callbacks.models import (
    Actor,
    Attempt,
    CallOutcome,
    MailEvent,
    OutboxMessage,
    OutcomeStatus,
)
from callbacks.staff.common.formatting import moment
from callbacks.staff.help import codes
from callbacks.staff.outbox.outbox_words import problem_in_words
from callbacks.staff.requests.history.event import Event


def of_attempt(attempt: Attempt) -> Event:
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


def of_outcome(outcome: CallOutcome) -> Event:
    """Return the line of what the call service reported after the call."""
    facts = []
    if outcome.duration is not None:
        facts.append((_("Duration (as reported)"), f"{outcome.duration:g}"))
    if outcome.tags:
        facts.append((_("Tags"), outcome.shown_tags))
    if outcome.campaign:
        facts.append((_("Campaign"), spelt_out(outcome.campaign)))
    if outcome.service_id:
        facts.append((_("Call ID at the service"), spelt_out(outcome.service_id)))
    if outcome.reported_at:
        facts.append((_("Time of the report"), _reported_time(outcome.reported_at)))
    return Event(
        at=outcome.received_at,
        kind="accepted" if outcome.status == OutcomeStatus.QUALIFIED else "note",
        title=_("Outcome of the call: %(outcome)s") % {"outcome": outcome.rating},
        by=_("Call service"),
        facts=facts,
    )


def _reported_time(at: datetime) -> str:
    """Return the time in the report. An early version stored years that no page can show."""
    if at.year not in outside_times.YEARS:
        return _("The report gives an impossible time, in the year %(year)d.") % {"year": at.year}
    return moment(at)


def of_email(message: OutboxMessage) -> Event:
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
