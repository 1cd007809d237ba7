"""What staff may do with requests, and doing it for many at once.

A move of the lifecycle is made for each request *as the person saw it* (`Seen`): what has changed
since the page was shown is left alone and told. Blocking, erasing and noting are about the person
behind the request, so they are done whatever its state has become.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import Error
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

from callbacks.accounts.roles import Person, may_act, may_block, may_erase
from callbacks.core import crypto
from callbacks.data_protection import erasure
from callbacks.lifecycle import actions, transitions
from callbacks.models import Actor, CallRequest, Status

log = structlog.get_logger(__name__)

# Requests in one go: each is a transaction of its own, and a browser waits for all of them.
MOST = 500


_SEEN = re.compile(r"[0-9]{1,18}:[a-z]{1,10}:[0-9]{1,9}")


@dataclass(frozen=True)
class StaffAction:
    """`run` makes `move`, where it is one; the words are for the button, the confirmation and the
    message after. `permission`: who may."""

    name: str
    move: transitions.Move | None
    run: Callable[..., bool]
    label: Promise
    label_for_many: Promise
    explanation: Promise
    done: Any
    permission: Callable[[Person], bool] = may_act
    # It cannot be undone: the box has to be ticked.
    is_final: bool = False
    needs_note: bool = False

    def may_be_done(self, call_request: CallRequest) -> bool:
        if self.move is None:
            return (
                bool(call_request.number)
                if self.name == "block"
                else call_request.erased_at is None
            )
        if self.name == "retry" and crypto.is_unreadable(call_request.number, call_request.email):
            return False
        return transitions.may(call_request, self.move, Actor.STAFF)

    def needs_care(self, call_request: CallRequest) -> bool:
        """Whether this person may have been called already."""
        if self.move is None:
            return False
        return self.may_be_done(call_request) and call_request.status in self.move.needs_care


def _erase(call_request: CallRequest, person: User, *, note: str) -> bool:
    """All requests of the number and of the email. Another one of these has erased it before?"""
    call_request.refresh_from_db()
    if call_request.erased_at is None:
        erasure.erase(person, call_request=call_request)
    return True


def _note(call_request: CallRequest, person: User, *, note: str) -> bool:
    actions.add_note(call_request, person, note)
    return True


RETRY = StaffAction(
    "retry",
    transitions.RETRY,
    actions.retry,
    _("Retry"),
    _("Retry the selected requests"),
    _(
        "Each request returns to the queue and is called in its turn, usually within seconds. "
        "Large numbers are called at the configured rate. A request that is not called within its "
        "widget's maximum wait fails again."
    ),
    ngettext_lazy(
        "%(n)d request is back in the queue.", "%(n)d requests are back in the queue.", "n"
    ),
)
MARK_CALLED = StaffAction(
    "mark_called",
    transitions.MARK_CALLED,
    actions.mark_called,
    _("Mark as called"),
    _("Mark the selected requests as called"),
    _(
        "Use this if you know that the call took place, or if a colleague has called. No call "
        "is placed."
    ),
    ngettext_lazy(
        "%(n)d request is marked as called.", "%(n)d requests are marked as called.", "n"
    ),
)
CANCEL = StaffAction(
    "cancel",
    transitions.CANCEL,
    actions.cancel,
    _("Cancel"),
    _("Cancel the selected requests"),
    _("Each request leaves the queue, and nobody is called. This cannot be undone."),
    ngettext_lazy("%(n)d request is cancelled.", "%(n)d requests are cancelled.", "n"),
)
CLOSE = StaffAction(
    "close",
    transitions.CLOSE,
    actions.close,
    pgettext_lazy("request", "Close"),
    _("Close the selected requests"),
    _("Use this when there is nothing more to do. No call is placed. This cannot be undone."),
    ngettext_lazy("%(n)d request is closed.", "%(n)d requests are closed.", "n"),
)
NOTE = StaffAction(
    "annotate",
    None,
    _note,
    _("Add note"),
    _("Add a note to the selected requests"),
    _("The note is added to each request. Nothing else changes."),
    ngettext_lazy(
        "The note is added to %(n)d request.", "The note is added to %(n)d requests.", "n"
    ),
    needs_note=True,
)
BLOCK = StaffAction(
    "block",
    None,
    actions.block,
    _("Block the number"),
    _("Block the numbers of the selected requests"),
    _(
        "The numbers are added to the block list: no widget calls them any more, and new requests "
        "with them are refused. Waiting requests are cancelled when their turn comes."
    ),
    ngettext_lazy("%(n)d number is blocked.", "%(n)d numbers are blocked.", "n"),
    permission=may_block,
)
ERASE = StaffAction(
    "erase",
    None,
    _erase,
    _("Erase personal data"),
    _("Erase the personal data of the selected requests"),
    _(
        "All data about the person is erased: number, email, pages and notes, in every request "
        "with the same number or email, including those not listed here. Waiting requests are "
        "cancelled first. Statistics are kept. This cannot be undone."
    ),
    ngettext_lazy(
        "The personal data of %(n)d request is erased.",
        "The personal data of %(n)d requests is erased.",
        "n",
    ),
    permission=may_erase,
    is_final=True,
)
STAFF_ACTIONS = {
    action.name: action for action in (RETRY, MARK_CALLED, CANCEL, CLOSE, NOTE, BLOCK, ERASE)
}


class Seen(NamedTuple):
    """A request as the confirmation page showed it."""

    pk: int
    status: str
    attempts_made: int

    @classmethod
    def of(cls, call_request: CallRequest) -> "Seen":
        return cls(call_request.pk, call_request.status, call_request.attempts_made)

    @classmethod
    def read(cls, text: str) -> "Seen":
        """From a form field; raises ValueError."""
        if not _SEEN.fullmatch(text):
            raise ValueError("not a request")
        pk, status, attempts = text.split(":")
        return cls(int(pk), Status(status).value, int(attempts))

    def __str__(self) -> str:
        return f"{self.pk}:{self.status}:{self.attempts_made}"


@dataclass
class Result:
    """What became of each request."""

    done: list[CallRequest] = field(default_factory=list)
    # Somebody or something else was faster; the row as it is now.
    changed: list[CallRequest] = field(default_factory=list)
    # A call is being placed at this moment.
    under_way: list[CallRequest] = field(default_factory=list)
    # When the last of these calls is over.
    under_way_until: datetime | None = None
    # Its personal data is gone: nothing can be done with it any more.
    erased: list[CallRequest] = field(default_factory=list)
    # The action does not fit its status.
    not_allowed: list[CallRequest] = field(default_factory=list)
    unconfirmed: list[CallRequest] = field(default_factory=list)
    # The database would not have it now.
    broken: list[CallRequest] = field(default_factory=list)
    gone: int = 0


def carry_out(
    action: StaffAction,
    seen: Iterable[Seen],
    person: User,
    *,
    confirmed: bool,
    note: str,
) -> Result:
    """Does `action` with each request that is still as it was seen, oldest first."""
    as_seen = {one.pk: one for one in seen}
    result = Result()
    rows = CallRequest.objects.select_related("widget").in_bulk(as_seen)
    result.gone = len(as_seen) - len(rows)
    options: dict[str, Any] = {"confirmed": confirmed} if action is RETRY else {}
    for pk in sorted(rows):
        call_request = rows[pk]
        if result.broken:  # the next would wait just as long for the same database
            result.broken.append(call_request)
            continue
        try:
            if call_request.erased_at is not None:
                result.erased.append(call_request)
            elif not action.may_be_done(call_request) and action.move is None:
                result.not_allowed.append(call_request)
            elif action.move is not None and Seen.of(call_request) != as_seen[pk]:
                result.changed.append(call_request)
            elif action.run(call_request, person, note=note, **options):
                result.done.append(call_request)
            else:
                call_request.refresh_from_db()
                is_erased = call_request.erased_at is not None
                (result.erased if is_erased else result.changed).append(call_request)
        except actions.NeedsConfirmation:
            result.unconfirmed.append(call_request)
        except transitions.NotAllowed:
            result.not_allowed.append(call_request)
        except erasure.CallUnderWay as call:
            result.under_way.append(call_request)
            result.under_way_until = max(call.until, result.under_way_until or call.until)
        except ValidationError:  # a number that the block list does not take
            result.not_allowed.append(call_request)
        except CallRequest.DoesNotExist:
            result.gone += 1
        except Error as error:
            log.warning(
                "staff_action_broken",
                call_request=call_request.public_id,
                error=type(error).__name__,
            )
            result.broken.append(call_request)
    return result


def fitting(action: StaffAction, requests: Sequence[CallRequest]) -> list[CallRequest]:
    """Those that the action may be done with."""
    return [call_request for call_request in requests if action.may_be_done(call_request)]
