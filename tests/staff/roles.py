"""Members of the groups that staff have to begin with."""

from django.apps import apps
from django.contrib.auth.models import Group, User

from callbacks.accounts import groups

ROLES = ("viewers", "operators", "managers")


def member(group: str) -> User:
    """Return a staff account in that group. A test on real transactions empties all tables after
    it, so the groups are made again when they are missing."""
    groups.make_missing_groups(apps.get_app_config("callbacks"), "default")
    user = User.objects.create(username=f"one of the {group}", is_staff=True, password="!")
    user.groups.add(Group.objects.get(name=group))
    return user
