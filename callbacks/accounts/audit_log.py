"""Writing the audit trail."""

from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from callbacks.core import clock
from callbacks.core.redaction import scrub
from callbacks.models import AuditEntry

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# What the rest of the code names is a constant; the others are written "table.verb" in place.
RETRY, MARK_CALLED = "request.retry", "request.mark_called"
CANCEL, CLOSE, NOTE, UNMASK = "request.cancel", "request.close", "request.note", "request.unmask"
BLOCK, UNMASK_BLOCK, EXPORT = "block.add", "block.unmask", "requests.export"
SIGN_IN, SIGN_IN_FAILED, SIGN_OUT = "sign_in", "sign_in.failed", "sign_out"
LOCKED, PASSWORD = "sign_in.locked", "password.set"
SECOND_STEP, SECOND_STEP_FAILED = "two_factor.passed", "two_factor.failed"
SECOND_STEP_ON, SECOND_STEP_OFF = "two_factor.set_up", "two_factor.removed"
LOOK_UPS = "look_ups.limit"
RECOVERY_CODES, RESCUE = "two_factor.codes", "user.rescue"

# How staff read them. An action that is missing here is shown as it is stored.
LABELS: dict[str, Promise] = {
    RETRY: _("Retried a request"),
    MARK_CALLED: _("Marked a request as called"),
    CANCEL: _("Cancelled a request"),
    CLOSE: _("Closed a request"),
    NOTE: _("Wrote a note"),
    UNMASK: _("Looked at a number and an email"),
    LOOK_UPS: _("Reached the limit of look-ups"),
    EXPORT: _("Exported requests"),
    "privacy.erase": _("Erased personal data"),
    BLOCK: _("Blocked"),
    UNMASK_BLOCK: _("Looked at an entry of the block list"),
    "block.change": _("Changed a block"),
    "block.delete": _("Removed a block"),
    "block.import": _("Imported into the block list"),
    "privacy.export": _("Copied out personal data"),
    "consent.proof": _("Saw a proof of consent"),
    "consent.check": _("Checked the proofs of consent"),
    "widget.add": _("Made a widget"),
    "widget.change": _("Changed a widget"),
    "widget.pause": _("Paused a widget"),
    "widget.resume": _("Ended a widget's pause"),
    "widget.delete": _("Deleted a widget"),
    "widget.secret_shown": _("Looked at a widget's identity secret"),
    "widget.secret_changed": _("Changed a widget's identity secret"),
    "alert.over": _("Took an alert off the first page"),
    "calls.stop": _("Stopped all calls"),
    "calls.resume": _("Let calls through again"),
    SIGN_IN: _("Signed in"),
    SIGN_IN_FAILED: _("Failed to sign in"),
    LOCKED: _("Locked out after failed tries"),
    SIGN_OUT: _("Signed out"),
    PASSWORD: _("Got a new password"),
    SECOND_STEP: _("Passed the second step"),
    SECOND_STEP_FAILED: _("Failed the second step"),
    SECOND_STEP_ON: _("Set up two-factor sign-in"),
    SECOND_STEP_OFF: _("Two-factor sign-in removed"),
    RECOVERY_CODES: _("Made new recovery codes"),
    "user.add": _("Made an account"),
    "user.change": _("Changed an account"),
    "user.delete": _("Deleted an account"),
    RESCUE: _("Rescued an account by command"),
    "group.add": _("Made a group"),
    "group.change": _("Changed a group"),
    "group.delete": _("Deleted a group"),
}


def record(person: "User | None", action: str, about: object = "", detail: str = "") -> AuditEntry:
    """Notes that `person` did `action` (a short word such as `widget.change`, see `LABELS`).

    In: what it was about, and details; whatever looks like a number or an email in them is
    hidden. To be called in the transaction of what was done. When somebody fails to sign in,
    `person` is the account that was tried.
    """
    return AuditEntry.objects.create(
        at=clock.now(),
        person=person,
        person_name=person.get_username()[:150] if person else "",
        action=action[:40],
        about=scrub(str(about))[:200],
        detail=scrub(detail)[:500],
    )
