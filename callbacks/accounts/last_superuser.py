"""Protect the last superuser: one account must keep the right to do everything.

If nobody can sign in to that account any more, `manage.py rescue_admin` helps.
"""

from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

REFUSED = _(
    "This is the last active superuser: without one, nobody could manage accounts any more. Make "
    "another account a superuser first."
)


class LastSuperuser(Exception):
    """The action would leave no account that may do everything."""


def is_last(pk: int) -> bool:
    """Return whether this account is the only one that may do everything. `pk` is its primary key.

    Call it in the transaction that takes the right away. Another transaction that takes one away
    waits for the end of this one, and then counts again.
    """
    superusers = User.objects.filter(is_active=True, is_staff=True, is_superuser=True)
    # Lock all of them, in the same order everywhere. If two transactions locked one each, they
    # would wait for each other for ever.
    locked = superusers.select_for_update().order_by("pk").values_list("pk", flat=True)
    return list(locked) == [pk]
