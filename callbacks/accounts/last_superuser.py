"""Somebody must stay who may do everything: the last superuser keeps that power.

Beside it stands `manage.py rescue_admin`, for when the last one cannot sign in any more.
"""

from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

REFUSED = _(
    "This is the last active superuser: without one, nobody could manage accounts any more. Make "
    "another account a superuser first."
)


class LastSuperuser(Exception):
    """What was asked for would leave nobody who may do everything."""


def is_last(pk: int) -> bool:
    """Whether the account with this primary key is the only one whose owner may do everything.

    To be called in the transaction that takes the power away: whoever else takes one away waits
    for its end, and then counts anew.
    """
    superusers = User.objects.filter(is_active=True, is_staff=True, is_superuser=True)
    # All of them, in the same order for everybody: two who locked one each would wait for ever.
    locked = superusers.select_for_update().order_by("pk").values_list("pk", flat=True)
    return list(locked) == [pk]
