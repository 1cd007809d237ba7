"""Permissions on requests that tests give to an account of theirs."""

from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType

from callbacks.models import CallRequest


def granted(user: User, *codenames: str) -> User:
    """`user` with these permissions on requests as well."""
    for codename in codenames:
        permission, _ = Permission.objects.get_or_create(
            codename=codename,
            content_type=ContentType.objects.get_for_model(CallRequest),
            defaults={"name": codename},
        )
        user.user_permissions.add(permission)
    return user
