"""How many numbers and emails somebody who may not see them may look up.

What is masked could otherwise be found by trying: "+33 6 •• •• •• 78" leaves a million numbers, and
a search says of each whether it is the right one.
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
    """No look-up is left in this hour. `sentence` says so, and from when there is one again."""

    def __init__(self, minutes: int) -> None:
        super().__init__("too many look-ups")
        self.sentence = _(
            "You have searched for %(n)d numbers and emails within an hour: this is the limit for "
            "accounts that may not see them. Try again in about %(minutes)d min, or ask a "
            "colleague who may see them."
        ) % {"n": settings.LOOK_UPS_PER_HOUR, "minutes": minutes}


def count(person: User | AnonymousUser) -> None:
    """Count one number or email that a person typed to be told whether it is known.

    Whoever may see numbers has nothing to find by trying, and is not counted. The first refusal
    within an hour is on record.

    Raises: TooManyLookUps.
    """
    if may_unmask(person) or not isinstance(person, User):
        return
    limit = limits.RateLimit(
        limits.LimitedBy.LOOK_UP, f"look-up:{person.pk}", settings.LOOK_UPS_PER_HOUR, limits.HOUR
    )
    try:
        with transaction.atomic():
            limits.hit([limit], database.lock([limit.key]))
    except limits.LimitReached as reached:
        _put_on_record(person)
        minutes = math.ceil(reached.retry_after.total_seconds() / 60)
        raise TooManyLookUps(minutes) from None


def _put_on_record(person: User) -> None:
    with transaction.atomic():
        now = database.lock([f"look-up:{person.pk}"])
        if not _is_on_record(person, now):
            audit_log.record(
                person, audit_log.LOOK_UPS, detail=f"{settings.LOOK_UPS_PER_HOUR} in an hour"
            )


def _is_on_record(person: User, now: datetime) -> bool:
    lately = AuditEntry.objects.filter(
        action=audit_log.LOOK_UPS, at__gt=now - limits.HOUR, at__lte=now + clock.SLACK
    )
    return lately.filter(person=person).exists()
