"""Roles: what people call the groups that carry permissions, with a sentence about each.

Nobody gives a role that may do more than they may themselves.
"""

from django.contrib.auth.models import Group, User
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from callbacks.accounts.built_in_roles import BUILT_IN

# Of the roles that every site has, by name: what they are called, and what they may do.
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
    """Return whether every site has this role, so that nobody may change or delete it."""
    return group.name in BUILT_IN


def name_of(group: Group | str) -> Promise | str:
    """Return the role's name for people; a group that the site has added goes by its own."""
    name = group if isinstance(group, str) else group.name
    return _KNOWN[name][0] if name in _KNOWN else name


def sentence_about(group: Group) -> Promise:
    """Return what people with this role may do, in a sentence or two."""
    return _KNOWN[group.name][1] if group.name in _KNOWN else _OWN


def built_in() -> list[tuple[Promise, Promise]]:
    """Return the roles that every site has: what each is called, and what it allows."""
    return list(_KNOWN.values())


def ordered(groups: list[Group]) -> list[Group]:
    """Return the groups from the least powerful to the most, those that the site added last."""
    places = {name: place for place, name in enumerate(_KNOWN)}
    return sorted(groups, key=lambda group: (places.get(group.name, len(places)), group.name))


def that_may_be_given_by(person: User) -> list[Group]:
    """Return the roles whose every permission `person` has. Two queries, for a superuser one."""
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
