"""Find requests by the last digits of the number, and the day: "62", or "62 24/11/2026".

Numbers may be stored encrypted, so the database cannot compare their digits. The requests of one
day are read instead, newest first, at most `MOST_READ`.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from callbacks.accounts.roles import Person, may_unmask
from callbacks.contact import number_display
from callbacks.core import clock, crypto
from callbacks.models import CallRequest
from callbacks.staff.requests.list_page.filters import a_day, midnight

MOST_READ = 10_000
MOST_FOUND = 100
# A masked number shows two digits. Searching by more would reveal the hidden ones by trying.
SHOWN_DIGITS = 2

_TYPED = re.compile(r"[•… ]*([0-9]{2,6})(?:\s+(.{1,30}))?")


@dataclass(frozen=True)
class LastDigits:
    """What was typed: the last digits, and the day, which is today if none was typed."""

    digits: str
    day: date
    day_is_typed: bool


def read(typed: str, day: date | None) -> LastDigits | None:
    """Return what "62" or "62 24/11/2026" means, or None for another kind of text.

    `day` is the day that is meant if none was typed. None means today.
    """
    found = _TYPED.fullmatch(typed)
    if found is None:
        return None
    digits, rest = found.groups()
    typed_day = a_day(rest)
    if rest and typed_day is None:
        return None
    return LastDigits(digits, typed_day or day or timezone.localdate(clock.now()), bool(rest))


def may_search(person: Person, wanted: LastDigits) -> bool:
    """Return whether the account sees these digits of a number anyway."""
    return len(wanted.digits) == SHOWN_DIGITS or may_unmask(person)


def found(wanted: LastDigits, person: Person) -> list[int]:
    """Return the primary keys of the day's requests whose number ends in these digits.

    The newest come first. If the account may not see numbers, a number is found only by the digits
    that its masked form shows.
    """
    if not may_search(person, wanted):
        return []
    start, end = midnight(wanted.day), midnight(wanted.day + timedelta(days=1))
    rows = CallRequest.objects.filter(created_at__gte=start, created_at__lt=end, erased_at=None)
    numbers = rows.order_by("-created_at", "-pk").values_list("pk", "number")[:MOST_READ]
    sees_all = may_unmask(person)
    keys = [
        pk
        for pk, number in numbers.iterator()
        if not crypto.is_unreadable(number)
        and str(number).endswith(wanted.digits)
        and (sees_all or number_display.masked(number).endswith(wanted.digits))
    ]
    return keys[:MOST_FOUND]
