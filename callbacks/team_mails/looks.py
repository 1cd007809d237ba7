"""Record that somebody has looked at a request that failed or is uncertain.

Whoever may act on it and opens its page has seen it. Only the first look since the request got its
status counts; a request that failed once more must be looked at once more.
"""

from collections.abc import Iterable
from contextlib import suppress

from django.db import Error, transaction
from django.db.models import F

from callbacks.core import clock
from callbacks.models import CallRequest, Look, Status

TO_LOOK_AT = frozenset({Status.FAILED, Status.UNCERTAIN})


def record(call_request: CallRequest) -> None:
    """Record a look at the request as it was read, if it is the first one.

    A database that cannot write now must not keep anybody from reading: then nothing is recorded,
    and the next look is the first one.
    """
    if call_request.status not in TO_LOOK_AT or call_request.erased_at is not None:
        return
    known = Look.objects.filter(call_request=call_request, status_at=call_request.status_at)
    if known.exists():
        return
    with suppress(Error), transaction.atomic():
        # Of two people who look at the same moment, one is the first.
        look = Look(call_request=call_request, status_at=call_request.status_at, at=clock.now())
        Look.objects.bulk_create([look], ignore_conflicts=True)


def seen(pks: Iterable[int]) -> set[int]:
    """Return those of these requests that somebody has looked at since they got their status."""
    looks = Look.objects.filter(call_request__in=list(pks), status_at=F("call_request__status_at"))
    return set(looks.values_list("call_request", flat=True))
