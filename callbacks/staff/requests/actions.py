"""What staff may do with requests.

A move of the lifecycle is made only if the request is still as the person saw it. Blocking, erasing
and adding a note concern the person behind the request, so they do not depend on its status.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

from callbacks.accounts.roles import Person, may_act, may_block, may_erase
from callbacks.core import crypto
from callbacks.data_protection import erasure
from callbacks.lifecycle import actions, blocking, confirming, retrying, transitions
from callbacks.models import Actor, CallRequest, Status

# The most requests of one action. Each takes a transaction, while the browser waits.
MOST = 500


@dataclass(frozen=True)
class StaffAction:
    """One action: its button, its confirmation, its message, and the code that does it.

    `move` is the move of the lifecycle that `run` makes, or None. `permission` tells who may use
    the action.
    """

    name: str
    move: transitions.Move | None
    run: Callable[..., bool]
    label: Promise
    label_for_many: Promise
    explanation: Promise
    done: Any
    permission: Callable[[Person], bool] = may_act
    # The action cannot be undone, so its confirmation has a box to tick.
    is_final: bool = False
    needs_note: bool = False

    def may_be_done(self, call_request: CallRequest) -> bool:
        """Return whether the action fits the request as it is now."""
        if self.move is None:
            return (
                bool(call_request.number)
                if self.name == "block"
                else call_request.erased_at is None
            )
        if self.name == "confirm":
            return confirming.may_confirm(call_request)
        if self.name == "retry" and crypto.is_unreadable(call_request.number, call_request.email):
            return False
        return transitions.may(call_request, self.move, Actor.STAFF)

    @property
    def careful(self) -> frozenset[Status]:
        """Return the statuses from which the phone of a person may have rung already."""
        if self.name == "confirm":  # what was set aside goes the way of a retry
            return transitions.RETRY.needs_care
        return self.move.needs_care if self.move else frozenset()

    def needs_care(self, call_request: CallRequest) -> bool:
        """Return whether the phone of this person may have rung already."""
        if self.move is None:
            return False
        return self.may_be_done(call_request) and call_request.status in self.careful


def _erase(call_request: CallRequest, person: User, *, note: str) -> bool:
    """Erase all requests with the number or the email of this one.

    Another request of the same selection may have erased this one already.
    """
    call_request.refresh_from_db()
    if call_request.erased_at is None:
        erasure.erase(person, call_request=call_request)
    return True


def _note(call_request: CallRequest, person: User, *, note: str) -> bool:
    """Add a note to the request."""
    actions.add_note(call_request, person, note)
    return True


RETRY = StaffAction(
    "retry",
    transitions.RETRY,
    retrying.retry,
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
CONFIRM = StaffAction(
    "confirm",
    transitions.CONFIRM,
    confirming.confirm,
    _("Confirm"),
    _("Confirm the selected bookings"),
    _(
        "Each person is called in the time slot that they booked, even if it is outside the "
        "opening hours. The confirmation is for this time slot only."
    ),
    ngettext_lazy("%(n)d booking is confirmed.", "%(n)d bookings are confirmed.", "n"),
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
    blocking.block,
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
    action.name: action
    for action in (CONFIRM, RETRY, MARK_CALLED, CANCEL, CLOSE, NOTE, BLOCK, ERASE)
}
