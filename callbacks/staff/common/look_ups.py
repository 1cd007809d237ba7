"""Limit how many numbers and emails an account may look up, if it may not see them.

A masked number could otherwise be found by trying. "+33 6 •• •• •• 78" leaves a million numbers,
and a search tells for each of them whether it is the right one.
"""

import math
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.utils.translation import gettext as _

from callbacks.abuse import limits
from callbacks.accounts import audit_log
from callbacks.accounts.roles import may_unmask
from callbacks.core import clock, database
from callbacks.models import AuditEntry


class TooManyLookUps(Exception):
    """The account has no look-up left in this hour.

    `sentence` tells the person so, and when the next one is possible.
    """

    def __init__(self, minutes: int) -> None:
        super().__init__("too many look-ups")
        self.sentence = _(
            "You have searched for %(n)d numbers and emails within an hour: this is the limit for "
            "accounts that may not see them. Try again in about %(minutes)d min, or ask a "
            "colleague who may see them."
        ) % {"n": settings.LOOK_UPS_PER_HOUR, "minutes": minutes}


def count(person: User | AnonymousUser) -> None:
    """Count one look-up: a number or an email that a person typed, to learn whether it is known.

    Accounts that may see numbers are not counted: they have nothing to find by trying. The audit
    log records the first refusal within an hour.

    Raises:
        TooManyLookUps: The account has used all look-ups of this hour.
    """
    if may_unmask(person) or not isinstance(person, User):
        return
    limit = limits.RateLimit(None, f"look-up:{person.pk}", settings.LOOK_UPS_PER_HOUR, limits.HOUR)
    try:
        with transaction.atomic():
            limits.hit([limit], database.lock([limit.key]))
    except limits.LimitReached as reached:
        _record_refusal(person)
        minutes = math.ceil(reached.retry_after.total_seconds() / 60)
        raise TooManyLookUps(minutes) from None


def _record_refusal(person: User) -> None:
    """Record the refusal, unless one of the last hour is recorded."""
    with transaction.atomic():
        now = database.lock([f"look-up:{person.pk}"])
        if not _is_recorded(person, now):
            audit_log.record(
                person, audit_log.LOOK_UPS, detail=f"{settings.LOOK_UPS_PER_HOUR} in an hour"
            )


def _is_recorded(person: User, now: datetime) -> bool:
    """Return whether the audit log holds a refusal of the last hour."""
    lately = AuditEntry.objects.filter(
        action=audit_log.LOOK_UPS, at__gt=now - limits.HOUR, at__lte=now + clock.SLACK
    )
    return lately.filter(person=person).exists()
