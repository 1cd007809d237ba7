"""The rows and columns of an export.

Rows are read by pages. Each page begins after the last row of the one before, so that no query is
long and no database has to hold a result.

A cell that a spreadsheet could take for a formula is neutralised (OWASP, "CSV Injection"). The only
exception is a number in E.164. A spreadsheet takes a plus sign and digits for a number at worst,
and other programs must be able to dial it.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from callback_site.transaction_settings import no_statement_timeout
from callbacks.contact import phone_numbers
from callbacks.models import Attempt, CallRequest, ConsentProof, Move, Note, Status
from callbacks.staff.common.formatting import moment
from callbacks.staff.common.unmasking import Masking
from callbacks.staff.requests.export import answer_columns
from callbacks.staff.requests.export.answer_columns import AnswerColumn

PAGE = 2000
# Spreadsheets ignore these characters at the beginning of a cell.
_BLANK = " \N{NO-BREAK SPACE}"
# Where a formula could begin: before one of =, +, -, @ (or their wide forms), at the beginning of
# the text or after a character that could end a cell.
_PART = re.compile(
    f'(?:^|(?<=[,;\\t\\r\\n"]))(?=[{_BLANK}]*+[=+@\uff1d\uff0b\uff0d\uff20-]|^[\\t\\r\\n])'
)
# The index of the number in a row.
NUMBER_COLUMN = 4


class Dialable(str):
    """A number in E.164, which is written unchanged."""


type Cell = str | int | datetime | None


def columns_of(requests: QuerySet[CallRequest]) -> list[AnswerColumn]:
    """Return the columns for answers that an export of these requests has."""
    return answer_columns.of(requests, heading())


def heading(columns: Sequence[AnswerColumn] = ()) -> list[str]:
    """Return the names of the columns, in the active language; those for answers come last."""
    return [
        _("Request"),
        _("Requested"),
        _("Widget"),
        _("Topic"),
        _("Number"),
        _("Email"),
        _("Verified by the site"),
        _("Status"),
        _("Reason"),
        _("Since"),
        _("Called at"),
        _("Wait (seconds)"),
        _("Attempts"),
        _("Outcome of the last attempt"),
        _("Outcome of the call"),
        _("Notes"),
        _("Language"),
        _("Consent given"),
        _("Consent vouched for by"),
        _("Page"),
        _("Page title"),
        _("Came from"),
        _("Campaign"),
        *(neutral(column.heading) for column in columns),
    ]


def cells(
    call_request: CallRequest, masking: Masking, columns: Sequence[AnswerColumn] = ()
) -> list[Cell]:
    """Return the row of one request, in the order of `heading`.

    Times are in the site's time zone.
    """
    called = call_request.status == Status.CALLED
    campaign = " ".join(f"{name}={value}" for name, value in sorted(call_request.campaign.items()))
    row: list[Cell] = [
        call_request.public_id,
        _local(call_request.created_at),
        call_request.widget.name,
        call_request.topic_label,
        _number(call_request, masking),
        masking.email(call_request),
        _("yes") if call_request.is_verified else _("no"),
        call_request.get_status_display(),
        call_request.get_reason_display(),
        _local(call_request.status_at),
        _local(call_request.status_at) if called else None,
        int((call_request.status_at - call_request.created_at).total_seconds()) if called else None,
        call_request.attempts_made,
        _outcome(call_request),
        _reported(call_request),
        masking.text(call_request, _notes(call_request)),
        call_request.language,
        _local(call_request.consent_at),
        _vouched_by(call_request),
        masking.text(call_request, call_request.page_url),
        masking.text(call_request, call_request.page_title),
        masking.text(call_request, call_request.referrer),
        masking.text(call_request, campaign),
        *answer_columns.cells(call_request, columns, masking),
    ]
    return [neutral(cell) if isinstance(cell, str) else cell for cell in row]


def _number(call_request: CallRequest, masking: Masking) -> str:
    """Return the number as the session sees it: dialable if it is in clear."""
    if masking.is_lifted and phone_numbers.E164.fullmatch(str(call_request.number)):
        return Dialable(str(call_request.number))
    return masking.number(call_request)


def _outcome(call_request: CallRequest) -> str:
    """Return the outcome of the latest attempt, with its code: "Not sent (tls_failed)"."""
    attempts = list(call_request.attempts.all())
    if not attempts:
        return ""
    latest = attempts[-1]
    outcome = latest.get_outcome_display()
    is_said = not latest.code or latest.code == latest.outcome
    return outcome if is_said else f"{outcome} ({latest.code})"


def _reported(call_request: CallRequest) -> str:
    """Return the latest outcome that the call service reported, with its tags."""
    latest = next(iter(call_request.outcomes.all()), None)
    return latest.in_words if latest else ""


def _notes(call_request: CallRequest) -> str:
    """Return what staff wrote, in notes and with actions, oldest first."""
    written = [(note.at, note.person, note.text) for note in call_request.notes.all()]
    written += [(move.at, move.person, move.note) for move in call_request.moves.all()]
    return " · ".join(
        f"{moment(at)} {person or ''}: {' '.join(text.split())}"
        for at, person, text in sorted(written, key=lambda one: one[0])
    )


def _vouched_by(call_request: CallRequest) -> str:
    """Return the name of the API key that vouched for the consent; "" if the visitor gave it."""
    return next((str(proof.vouched_by) for proof in call_request.consent_proofs.all()), "")


def _local(moment: datetime) -> datetime:
    """Return the time to the second, without its time zone, which spreadsheets do not know."""
    return timezone.localtime(moment).replace(tzinfo=None, microsecond=0)


def neutral(text: str) -> str:
    """Return the text with an apostrophe before each part that could be taken for a formula.

    A part begins at the start of the text, and after each separator or line break. A spreadsheet
    with another separator or other rules for quotes starts a new cell there.
    """
    return text if isinstance(text, Dialable) else _PART.sub("'", text)


def pages(requests: QuerySet[CallRequest]) -> Iterator[list[CallRequest]]:
    """Yield all requests, newest first, in pages of `PAGE`."""
    rows = requests.order_by("-created_at", "-pk").select_related("widget").defer("consent_text")
    attempts = Attempt.objects.only("call_request", "number", "outcome", "code")
    rows = rows.prefetch_related(
        Prefetch("attempts", attempts.order_by("number")),
        "outcomes",
        Prefetch(
            "consent_proofs",
            ConsentProof.objects.exclude(vouched_by=None)
            .select_related("vouched_by")
            .only("call_request", "vouched_by"),
        ),
        Prefetch("notes", Note.objects.select_related("person")),
        Prefetch("moves", Move.objects.exclude(note="").select_related("person").order_by("pk")),
    )
    behind = rows
    while page := _read(behind[:PAGE]):
        yield page
        last = page[-1]
        same_moment = Q(created_at=last.created_at, pk__lt=last.pk)
        # The first condition lets the database use its index.
        behind = rows.filter(created_at__lte=last.created_at).filter(
            Q(created_at__lt=last.created_at) | same_moment
        )


def _read(page: QuerySet[CallRequest]) -> list[CallRequest]:
    """Read one page, without the time limit of other queries."""
    with no_statement_timeout():
        return list(page)
