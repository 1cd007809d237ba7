"""The names of the roles, with a sentence about each.

A role is a group of Django, which carries permissions. An account can only give roles that allow no
more than its own rights.
"""

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from callbacks.accounts.built_in_roles import BUILT_IN

# The built-in roles, by the name of their group: the name for people, and what the role allows.
_KNOWN: dict[str, tuple[Promise, Promise]] = {
    "viewers": (
        _("Viewers"),
        _(
            "See requests (with numbers and emails hidden), widgets, and whether calls are "
            "running. Change nothing."
        ),
    ),
    "operators": (
        _("Operators"),
        _(
            "Handle requests: retry, mark as called, cancel, close, write notes. Can show a number "
            "and an email, one request at a time; the audit trail records it."
        ),
    ),
    "managers": (
        _("Managers"),
        _(
            "Can also change widgets and the block list, export, erase personal data, stop and "
            "resume all calls, read the audit trail, and invite colleagues."
        ),
    ),
}
_OWN = _("A role that this site has added.")


def is_built_in(group: Group) -> bool:
    """Return whether the role is built in, so that nobody may change or delete it."""
    return group.name in BUILT_IN


def name_of(group: Group | str) -> Promise | str:
    """Return the name of the role for people. A role that the site added keeps its own name."""
    name = group if isinstance(group, str) else group.name
    return _KNOWN[name][0] if name in _KNOWN else name


def sentence_about(group: Group) -> Promise:
    """Return what the role allows, in a sentence or two."""
    return _KNOWN[group.name][1] if group.name in _KNOWN else _OWN


def built_in() -> list[tuple[Promise, Promise]]:
    """Return the name of each built-in role, and what it allows."""
    return list(_KNOWN.values())


def ordered(groups: list[Group]) -> list[Group]:
    """Return the roles from the least powerful to the most. Those that the site added come last."""
    places = {name: place for place, name in enumerate(_KNOWN)}
    return sorted(groups, key=lambda group: (places.get(group.name, len(places)), group.name))


def that_may_be_given_by(person: User) -> list[Group]:
    """Return the roles that `person` may give: `person` has all their permissions.

    It takes two queries, or one for a superuser.
    """
    groups = ordered(list(Group.objects.prefetch_related("permissions__content_type")))
    if person.is_superuser:
        return groups
    own = person.get_all_permissions()
    return [
        group
        for group in groups
        if all(
            f"{permission.content_type.app_label}.{permission.codename}" in own
            for permission in group.permissions.all()
        )
    ]


def covers(person: User, account: User | None) -> bool:
    """Return whether `person` has all the rights of `account`. None is a new account.

    Otherwise, they could give it a new password or email, and sign in as its owner. The rights of
    an inactive account count too, because it can be activated.
    """
    if account is None or person.is_superuser:
        return True
    if account.is_superuser:
        return False
    given = Permission.objects.filter(Q(user=account) | Q(group__user=account))
    names = {
        f"{app}.{name}" for app, name in given.values_list("content_type__app_label", "codename")
    }
    return names <= person.get_all_permissions()
