"""Write the audit trail: who did what, when, and to what."""

from typing import TYPE_CHECKING

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callbacks.core import clock
from callbacks.core.redaction import scrub
from callbacks.models import AuditEntry

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Actions that other modules name are constants. All others are written "table.verb" where they are
# recorded.
RETRY, MARK_CALLED = "request.retry", "request.mark_called"
CONFIRM, RESCHEDULE = "request.confirm", "request.reschedule"
CANCEL, CLOSE, NOTE, UNMASK = "request.cancel", "request.close", "request.note", "request.unmask"
BLOCK, UNMASK_BLOCK, EXPORT = "block.add", "block.unmask", "requests.export"
SIGN_IN, SIGN_IN_FAILED, SIGN_OUT = "sign_in", "sign_in.failed", "sign_out"
LOCKED, PASSWORD = "sign_in.locked", "password.set"
SECOND_STEP, SECOND_STEP_FAILED = "two_factor.passed", "two_factor.failed"
SECOND_STEP_ON, SECOND_STEP_OFF = "two_factor.set_up", "two_factor.removed"
LOOK_UPS = "look_ups.limit"
KEY_CREATED, KEY_REVOKED = "api_key.create", "api_key.revoke"
KEY_ROTATED = "api_key.rotate"
RECIPIENT_ADDED, RECIPIENT_REMOVED = "recipient.add", "recipient.remove"
UNSUBSCRIBED = "recipient.unsubscribe"
RECOVERY_CODES, RESCUE, INVITE = "two_factor.codes", "user.rescue", "user.invite"

# The labels that staff read. An action without a label is shown as it is stored.
LABELS: dict[str, Promise] = {
    RETRY: _("Retried a request"),
    CONFIRM: _("Confirmed a booking"),
    RESCHEDULE: _("Moved a booking"),
    MARK_CALLED: _("Marked a request as called"),
    CANCEL: _("Cancelled a request"),
    CLOSE: _("Closed a request"),
    NOTE: _("Wrote a note"),
    UNMASK: _("Showed a number and an email"),
    LOOK_UPS: _("Reached the limit of searches"),
    EXPORT: _("Exported requests"),
    "privacy.erase": _("Erased personal data"),
    BLOCK: _("Added to the block list"),
    UNMASK_BLOCK: _("Showed an entry of the block list"),
    "block.change": _("Changed an entry of the block list"),
    "block.delete": _("Removed from the block list"),
    "block.import": _("Imported into the block list"),
    "privacy.export": _("Exported a person’s data"),
    "consent.proof": _("Showed a proof of consent"),
    "consent.check": _("Checked the proofs of consent"),
    "widget.add": _("Created a widget"),
    "widget.change": _("Changed a widget"),
    "widget.pause": _("Paused a widget"),
    "widget.resume": _("Resumed a widget"),
    "widget.allow_origin": _("Allowed a site to show a widget"),
    "widget.delete": _("Deleted a widget"),
    "widget.secret_shown": _("Showed a widget’s identity secret"),
    "widget.secret_changed": _("Replaced a widget’s identity secret"),
    "alert.over": _("Dismissed an alert"),
    "calls.stop": _("Stopped all calls"),
    "calls.resume": _("Resumed calls"),
    SIGN_IN: _("Signed in"),
    SIGN_IN_FAILED: _("Failed to sign in"),
    LOCKED: _("Locked out after failed sign-ins"),
    SIGN_OUT: _("Signed out"),
    PASSWORD: _("Password changed"),
    SECOND_STEP: _("Entered a valid sign-in code"),
    SECOND_STEP_FAILED: _("Entered a wrong sign-in code"),
    SECOND_STEP_ON: pgettext_lazy("audit log", "Set up two-factor sign-in"),
    SECOND_STEP_OFF: _("Removed two-factor sign-in"),
    RECOVERY_CODES: _("Created new recovery codes"),
    "user.add": _("Created an account"),
    "user.change": _("Changed an account"),
    "user.delete": _("Deleted an account"),
    INVITE: _("Sent an invitation"),
    RESCUE: _("Restored access by command"),
    KEY_CREATED: _("Created an API key"),
    KEY_ROTATED: _("Gave an API key a new secret"),
    KEY_REVOKED: _("Revoked an API key"),
    "webhook.create": _("Created a webhook endpoint"),
    "webhook.rotate": _("Replaced the secret of a webhook endpoint"),
    "webhook.pause": _("Paused a webhook endpoint"),
    "webhook.resume": _("Resumed a webhook endpoint"),
    "webhook.delete": _("Deleted a webhook endpoint"),
    "webhook.again": _("Sent webhooks again"),
    RECIPIENT_ADDED: _("Added a recipient of team emails"),
    RECIPIENT_REMOVED: _("Removed a recipient of team emails"),
    UNSUBSCRIBED: _("A recipient stopped their team emails"),
    "group.add": _("Created a role"),
    "group.change": _("Changed a role"),
    "group.delete": _("Deleted a role"),
}


type Fact = str | int | bool | list[str]


def record(
    person: "User | None",
    action: str,
    about: "Model | str | None" = "",
    detail: str = "",
    **facts: Fact | None,
) -> AuditEntry:
    """Record that `person` did `action`, and return the entry.

    Call it in the transaction of the action. `action` is a short code such as `widget.change` (see
    `LABELS`). `about` is the row or the name that the action was about. `detail` is what the person
    wrote. `facts` become words in `staff.accounts.audit_log_words`; a fact that is None is left
    out. For a failed sign-in, `person` is the account that was tried. Everything that looks like a
    number or an email is hidden.
    """
    row = about if isinstance(about, Model) else None
    return AuditEntry.objects.create(
        at=clock.now(),
        person=person,
        person_name=person.get_username()[:150] if person else "",
        action=action[:40],
        about=scrub(str(about or ""))[:200],
        object_type=row._meta.label_lower if row else "",
        object_id=row.pk if row else None,
        detail=scrub(detail)[:500],
        facts={name: _scrubbed(value) for name, value in facts.items() if value is not None},
    )


def _scrubbed(value: Fact) -> Fact:
    """Return a fact, cut to 200 characters, without what looks like a number or an email."""
    if isinstance(value, str):
        return scrub(value)[:200]
    return [scrub(one)[:200] for one in value] if isinstance(value, list) else value
