"""Three roles to begin with: viewers, operators, managers. They may be changed afterwards."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

VIEWERS = ("view_callrequest", "view_widget", "view_widgettext", "view_gate")
# Whoever decides about an uncertain call has to ask the person: operators may show a number.
OPERATORS = (*VIEWERS, "act_on_callrequest", "unmask_callrequest")
MANAGERS = (
    *OPERATORS,
    "export_callrequest",
    "erase_callrequest",
    "change_gate",
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
GROUPS = {"viewers": VIEWERS, "operators": OPERATORS, "managers": MANAGERS}


def make_groups(apps: Any, schema_editor: Any) -> None:
    """Makes the groups that are missing, and gives each what it lacks. Safe to run again."""
    # Django makes permissions after all migrations, which is too late here.
    for label in ("auth", "callbacks"):
        config = apps.get_app_config(label)
        config.models_module = getattr(config, "models_module", None) or True
        create_permissions(config, verbosity=0, using=schema_editor.connection.alias, apps=apps)
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label__in=("auth", "callbacks")
    )
    for name, codenames in GROUPS.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(*permissions.filter(codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("callbacks", "0006_permissions"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
