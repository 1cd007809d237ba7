"""Create members of the built-in roles."""

from django.contrib.auth.models import Group, User

ROLES = ("viewers", "operators", "managers")


def member(group: str) -> User:
    """Create a staff account with that role, and return it."""
    user = User.objects.create(username=f"one of the {group}", is_staff=True, password="!")
    user.groups.add(Group.objects.get(name=group))
    return user
