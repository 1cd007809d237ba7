"""Give an account permissions on requests."""

from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType

from callbacks.models import CallRequest


def granted(user: User, *codenames: str) -> User:
    """Give `user` these permissions on requests, and return it."""
    for codename in codenames:
        permission, _ = Permission.objects.get_or_create(
            codename=codename,
            content_type=ContentType.objects.get_for_model(CallRequest),
            defaults={"name": codename},
        )
        user.user_permissions.add(permission)
    return user
