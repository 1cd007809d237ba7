"""Who may see requests, act on them, and stop all calls. Django's permissions, named once.

`built_in_roles` says which of them viewers, operators and managers have.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the settings read this before there are models
    from django.contrib.auth.models import AnonymousUser, User

type Person = "User | AnonymousUser"

SEE_REQUESTS = ("callbacks.view_callrequest", "callbacks.change_callrequest")
SEE_TRAIL = "callbacks.view_auditentry"
# Who has one of these can do harm to many people at once.
POWERFUL = (
    "callbacks.unmask_callrequest",
    "callbacks.export_callrequest",
    "callbacks.erase_callrequest",
    "callbacks.change_callcontrol",
    "callbacks.change_widget",
    "callbacks.delete_widget",
    "callbacks.change_block",
    "callbacks.delete_block",
    "auth.add_user",
    "auth.change_user",
    "auth.delete_user",
    "auth.change_group",
    "auth.delete_group",
)
SEE_CALLING = ("callbacks.view_callcontrol", "callbacks.change_callcontrol")


def may_see_requests(person: Person) -> bool:
    return any(person.has_perm(name) for name in SEE_REQUESTS)


def may_act(person: Person) -> bool:
    """Whether they may retry, mark, cancel, close and write notes."""
    return person.has_perm("callbacks.act_on_callrequest")


def may_unmask(person: Person) -> bool:
    """Whether they may see a number and an email, one request at a time, on record."""
    return person.has_perm("callbacks.unmask_callrequest")


def may_export(person: Person) -> bool:
    return person.has_perm("callbacks.export_callrequest")


def may_copy_out(person: Person) -> bool:
    """Whether they may copy out all that is stored about a person, numbers and emails in clear."""
    return may_export(person) and may_unmask(person)


def may_erase(person: Person) -> bool:
    return person.has_perm("callbacks.erase_callrequest")


def may_block(person: Person) -> bool:
    return person.has_perm("callbacks.add_block")


def may_see_widgets(person: Person) -> bool:
    return any(person.has_perm(f"callbacks.{verb}_widget") for verb in ("view", "add", "change"))


def may_change_widgets(person: Person) -> bool:
    return person.has_perm("callbacks.change_widget")


def may_see_trail(person: Person) -> bool:
    return person.has_perm(SEE_TRAIL)


def is_powerful(person: Person) -> bool:
    """Whether the account is worth a second step at sign-in, whatever its owner thinks."""
    return any(person.has_perm(name) for name in POWERFUL)


def may_see_calling(person: Person) -> bool:
    return any(person.has_perm(name) for name in SEE_CALLING)


def may_switch(person: Person) -> bool:
    """Whether they may stop all calls and let them through again."""
    return person.has_perm("callbacks.change_callcontrol")
