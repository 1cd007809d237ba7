"""Find the request of a report, and store the outcome once."""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Q

from callbacks.call_outcomes.report import Report
from callbacks.core import clock, crypto
from callbacks.models import Attempt, CallOutcome, CallRequest, RefusedReport
from callbacks.models.attempt import MAY_HAVE_RUNG
from callbacks.webhooks import events

# How long before its report a call may have started, and how far the two clocks may differ.
LONGEST = timedelta(days=1)
SLACK = timedelta(minutes=5)
# An outcome without a request is kept this long, and so is the count of refused reports.
KEPT = timedelta(days=30)
# Each 16 characters that could be a public ID: capitals may stand before it.
_PUBLIC_ID = re.compile(r"(?=([2-9A-HJ-NP-Z]{16}))")
MOST_PUBLIC_IDS = 100


def store(report: Report, body: bytes) -> tuple[CallOutcome, bool]:
    """Store the report, and return its row and whether it is new.

    `body` identifies a report without an ID. A report that was stored before changes nothing.
    """
    now = clock.now()
    same = f"id:{report.service_id}" if report.service_id else hashlib.sha256(body).hexdigest()
    key = crypto.fingerprint("call_outcome", same)
    known = CallOutcome.objects.filter(key=key).first()
    if known:
        return known, False
    with transaction.atomic():
        found = find_request(report, now)
        # Locked, so that an erasure either finds the outcome or has already happened.
        kept = found and CallRequest.objects.select_for_update(of=("self",)).get(pk=found.pk)
        if kept and kept.erased_at:
            kept = None
        emails = [value for value in report.identifiers if "@" in value] if not kept else []
        outcome, is_new = CallOutcome.objects.get_or_create(
            key=key,
            defaults={
                "received_at": now,
                "call_request": kept,
                "reported_at": report.at,
                "service_id": report.service_id,
                "status": report.status,
                "duration": report.duration,
                "campaign": report.campaign,
                "tags": list(report.tags),
                "number_hash": "" if kept else crypto.number_hash(report.number),
                "email_hash": crypto.email_hash(emails[0]) if emails else "",
            },
        )
        if kept and is_new:
            events.tell_outcome(kept)
        return outcome, is_new


def find_request(report: Report, now: datetime) -> CallRequest | None:
    """Return the request whose call the report is about, None if there is none.

    Its call may have rung, started within a day before the report, and went to the same number or
    was given one of the identifiers. A request that matches by both comes first, then one by
    identifier. Among several, it is the one that started last before the report, or else the first
    one after it, because clocks differ.
    """
    numbers = [crypto.number_hash(report.number)] if report.number else []
    identifiers = {crypto.email_hash(value) for value in report.identifiers}
    # Where the bot got a text with the public ID in the place of the email.
    public_ids = set(islice(_public_ids(report), MOST_PUBLIC_IDS))
    if not numbers and not identifiers:
        return None
    at = min(report.at or now, now + SLACK)
    started = Attempt.objects.filter(
        Q(call_request__number_hash__in=numbers)
        | Q(call_request__email_hash__in=identifiers)
        | Q(call_request__public_id__in=public_ids),
        started_at__gt=at - LONGEST,
        started_at__lte=at + SLACK,
        outcome__in=MAY_HAVE_RUNG,
        call_request__erased_at=None,
    ).select_related("call_request")

    def rank(attempt: Attempt) -> tuple[int, bool, float]:
        call_request = attempt.call_request
        is_told = call_request.bot_email in report.identifiers
        same_identifier = call_request.email_hash in identifiers or (
            is_told and call_request.public_id in public_ids
        )
        same_number = call_request.number_hash in numbers
        after = (attempt.started_at - at).total_seconds()
        return 2 * same_identifier + same_number, after <= 0, -abs(after)

    best = max(started, key=rank, default=None)
    return best.call_request if best else None


def _public_ids(report: Report) -> Iterator[str]:
    """Yield what could be a public ID in the customer's fields."""
    for value in report.identifiers:
        yield from _PUBLIC_ID.findall(value)


def forget_old(now: datetime) -> int:
    """Delete the outcomes without a request and the counts that are too old; return how many."""
    gone, _ = CallOutcome.objects.filter(call_request=None, received_at__lt=now - KEPT).delete()
    counts, _ = RefusedReport.objects.filter(hour__lt=now - KEPT).delete()
    return gone + counts
