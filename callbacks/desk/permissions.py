"""Who may see requests, act on them, and stop all calls. Django's permissions, named once."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the settings read this before there are models
    from django.contrib.auth.models import AnonymousUser, User

type Person = "User | AnonymousUser"

SEE_REQUESTS = ("callbacks.view_callrequest", "callbacks.change_callrequest")
SEE_CALLING = ("callbacks.view_gate", "callbacks.change_gate")


def may_see_requests(person: Person) -> bool:
    return any(person.has_perm(name) for name in SEE_REQUESTS)


def may_act(person: Person) -> bool:
    """Whether they may retry, mark, cancel, close and write notes."""
    return person.has_perm("callbacks.change_callrequest")


def may_see_calling(person: Person) -> bool:
    return any(person.has_perm(name) for name in SEE_CALLING)


def may_switch(person: Person) -> bool:
    """Whether they may stop all calls and let them through again."""
    return person.has_perm("callbacks.change_gate")
