"""Members of the roles that every site has."""

from django.contrib.auth.models import Group, User

ROLES = ("viewers", "operators", "managers")


def member(group: str) -> User:
    """Return a new staff account with that role."""
    user = User.objects.create(username=f"one of the {group}", is_staff=True, password="!")
    user.groups.add(Group.objects.get(name=group))
    return user
