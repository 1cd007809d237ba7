"""The account that a request of a staff page comes from."""

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def current_user(request: HttpRequest) -> User:
    """Return the account that is signed in.

    Raises:
        PermissionDenied: Nobody is signed in. The admin site checks this before it calls a view, so
            the error means that a view stands outside the admin site.
    """
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
