"""Who may see requests, act on them, and stop all calls: Django's permissions, each named once.

`built_in_roles` lists the permissions of viewers, operators and managers.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the settings import this module before models exist
    from django.contrib.auth.models import AnonymousUser, User

type Person = "User | AnonymousUser"

SEE_REQUESTS = ("callbacks.view_callrequest", "callbacks.change_callrequest")
SEE_TRAIL = "callbacks.view_auditentry"
# A person who has one of these can harm many people at once.
POWERFUL = (
    "callbacks.unmask_callrequest",
    "callbacks.export_callrequest",
    "callbacks.erase_callrequest",
    "callbacks.change_callcontrol",
    "callbacks.change_widget",
    "callbacks.delete_widget",
    "callbacks.change_block",
    "callbacks.delete_block",
    "callbacks.change_webhookendpoint",
    "callbacks.add_apikey",
    "auth.add_user",
    "auth.change_user",
    "auth.delete_user",
    "auth.change_group",
    "auth.delete_group",
)
SEE_CALLING = ("callbacks.view_callcontrol", "callbacks.change_callcontrol")


def may_see_requests(person: Person) -> bool:
    """Return whether the person may see requests."""
    return any(person.has_perm(name) for name in SEE_REQUESTS)


def may_act(person: Person) -> bool:
    """Return whether the person may retry, mark, cancel, close and write notes."""
    return person.has_perm("callbacks.act_on_callrequest")


def may_unmask(person: Person) -> bool:
    """Return whether the person may see a number and an email, one request at a time.

    Each time is recorded in the audit trail.
    """
    return person.has_perm("callbacks.unmask_callrequest")


def may_export(person: Person) -> bool:
    """Return whether the person may export requests."""
    return person.has_perm("callbacks.export_callrequest")


def may_copy_out(person: Person) -> bool:
    """Return whether the person may export everything that is stored about somebody.

    The export has the number and the email in clear.
    """
    return may_export(person) and may_unmask(person)


def may_erase(person: Person) -> bool:
    """Return whether the person may erase personal data."""
    return person.has_perm("callbacks.erase_callrequest")


def may_block(person: Person) -> bool:
    """Return whether the person may add entries to the block list."""
    return person.has_perm("callbacks.add_block")


def may_see_widgets(person: Person) -> bool:
    """Return whether the person may see the widgets."""
    return any(person.has_perm(f"callbacks.{verb}_widget") for verb in ("view", "add", "change"))


def may_change_widgets(person: Person) -> bool:
    """Return whether the person may change a widget."""
    return person.has_perm("callbacks.change_widget")


def is_powerful(person: Person) -> bool:
    """Return whether the account must have two-factor sign-in, whatever its owner prefers."""
    return any(person.has_perm(name) for name in POWERFUL)


def may_revoke_keys(person: Person) -> bool:
    """Return whether the person may revoke API keys."""
    return person.has_perm("callbacks.change_apikey")


def may_change_webhooks(person: Person) -> bool:
    """Return whether the person may create, change and delete webhook endpoints."""
    return person.has_perm("callbacks.change_webhookendpoint")


def may_create_keys(person: Person) -> bool:
    """Return whether the person may create API keys."""
    return person.has_perm("callbacks.add_apikey")


def may_see_calling(person: Person) -> bool:
    """Return whether the person may see the page "Calling"."""
    return any(person.has_perm(name) for name in SEE_CALLING)


def may_switch(person: Person) -> bool:
    """Return whether the person may stop all calls and resume them."""
    return person.has_perm("callbacks.change_callcontrol")
