"""The roles that every site has, and the permissions of each.

They are Django groups, written to the database after each migration. Nobody changes them in the
admin, so a new version may change them. A site that needs other roles adds its own.
"""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed

VIEWERS = ("view_callrequest", "view_widget", "view_widgettext", "view_callcontrol")
# To decide about an uncertain call, an operator has to ask the visitor. So operators may see a
# number.
OPERATORS = (*VIEWERS, "act_on_callrequest", "unmask_callrequest")
MANAGERS = (
    *OPERATORS,
    "export_callrequest",
    "erase_callrequest",
    "change_callcontrol",
    "view_auditentry",
    "view_erasure",
    "view_refusal",
    "view_apikey",
    "add_apikey",
    "change_apikey",
    "view_webhookendpoint",
    "change_webhookendpoint",
    *(
        f"{action}_{model}"
        for model in ("widget", "widgettext", "block")
        for action in ("view", "add", "change", "delete")
    ),
    # Managers invite colleagues. The admin lets nobody give rights that they do not have
    # themselves.
    "view_user",
    "add_user",
    "change_user",
)
BUILT_IN = {"viewers": VIEWERS, "operators": OPERATORS, "managers": MANAGERS}


def write(sender: AppConfig, using: str = "default", apps: Any = installed, **options: Any) -> None:
    """Create the missing groups, and give each exactly its permissions.

    This is a receiver of `post_migrate`. It runs after the one that creates the permissions. `apps`
    holds the models at that migration: tables that are created later have no permissions yet.
    """
    try:
        group, permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:  # this migration is another application's, without accounts
        return
    known = permission.objects.using(using).filter(
        content_type__app_label__in=("auth", "callbacks")
    )
    for name, codenames in BUILT_IN.items():
        row, _ = group.objects.using(using).get_or_create(name=name)
        row.permissions.set(known.filter(codename__in=codenames))
