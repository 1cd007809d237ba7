"""The roles that every site has, and the permissions that each carries.

They are Django groups, written to the database after each migration. Nobody changes them in the
admin, so a new version may; a site that wants others adds roles of its own.
"""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed

VIEWERS = ("view_callrequest", "view_widget", "view_widgettext", "view_callcontrol")
# People who decide about an uncertain call have to ask the person, so operators may show a number.
OPERATORS = (*VIEWERS, "act_on_callrequest", "unmask_callrequest")
MANAGERS = (
    *OPERATORS,
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
    "view_user",
    "add_user",
    "change_user",
)
BUILT_IN = {"viewers": VIEWERS, "operators": OPERATORS, "managers": MANAGERS}


def write(sender: AppConfig, using: str = "default", apps: Any = installed, **options: Any) -> None:
    """Make these groups if they are missing, and give each exactly its permissions.

    A receiver of `post_migrate`, after the one that makes the permissions. `apps` are the models
    at that migration: tables that are made later have no permissions yet.
    """
    try:
        group, permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:  # a migration of another application alone
        return
    known = permission.objects.using(using).filter(
        content_type__app_label__in=("auth", "callbacks")
    )
    for name, codenames in BUILT_IN.items():
        row, _ = group.objects.using(using).get_or_create(name=name)
        row.permissions.set(known.filter(codename__in=codenames))
