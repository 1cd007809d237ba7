"""Members of the groups that the migration makes."""

from importlib import import_module

from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import connection

ROLES = ("viewers", "operators", "managers")


def member(group: str) -> User:
    """A staff account in that group. A test on real transactions empties all tables after it, so
    the groups are made again when they are missing."""
    migration = import_module("callbacks.migrations.0007_groups")
    with connection.cursor() as editor:
        editor.connection = connection  # all that the migration asks of its editor
        migration.make_groups(apps, editor)
    user = User.objects.create(username=f"one of the {group}", is_staff=True, password="!")
    user.groups.add(Group.objects.get(name=group))
    return user
