"""The three groups that staff have to begin with: viewers, operators, managers.

Superusers may change them afterwards. A group that exists is left as it is.
"""

from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions

_VIEWERS = ("view_callrequest", "view_widget", "view_widgettext", "view_callcontrol")
# Whoever decides about an uncertain call has to ask the person: operators may show a number.
_OPERATORS = (*_VIEWERS, "act_on_callrequest", "unmask_callrequest")
_MANAGERS = (
    *_OPERATORS,
    "export_callrequest",
    "erase_callrequest",
    "change_callcontrol",
    "view_auditentry",
    "view_erasure",
    "view_refusal",
    *(
        f"{action}_{model}"
        for model in ("widget", "widgettext", "block")
        for action in ("view", "add", "change", "delete")
    ),
    # They invite colleagues; the admin lets nobody give rights that they lack.
    *("view_user", "add_user", "change_user"),
)
GROUPS = {"viewers": _VIEWERS, "operators": _OPERATORS, "managers": _MANAGERS}


def make_missing_groups(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Make the groups that are missing, with their permissions. `migrate` calls it at its end."""
    from django.contrib.auth.models import Group, Permission

    groups = Group.objects.using(using)
    known = set(groups.filter(name__in=GROUPS).values_list("name", flat=True))
    if known == set(GROUPS):
        return
    for label in ("auth", "callbacks"):
        create_permissions(apps.get_app_config(label), verbosity=0, using=using)
    permissions = Permission.objects.using(using).filter(
        content_type__app_label__in=("auth", "callbacks")
    )
    for name in GROUPS.keys() - known:
        group = groups.create(name=name)
        group.permissions.set(permissions.filter(codename__in=GROUPS[name]))
