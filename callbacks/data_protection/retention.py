"""Erase what has been kept for as long as its widget says."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from callbacks.consent import proof as consent_proof
from callbacks.data_protection.erasure import UNDER_WAY, Counts, erase_rows
from callbacks.models import (
    CallRequest,
    ConsentProof,
    Erasure,
    ErasureCause,
    Widget,
)

# A month counts as 31 days, so that nothing is erased too early.
MONTH = timedelta(days=31)
BATCH = 500


def overdue(widget: Widget, now: datetime) -> dict[str, QuerySet[Any]]:
    """Return what must be erased by `now` for one widget: querysets by kind.

    The kinds are `requests` (rows of `CallRequest`), `addresses` (requests that keep an IP address
    for too long) and `proofs` (of consent).
    """
    requests = CallRequest.objects.filter(widget=widget)
    old = now - widget.retention_months * MONTH
    return {
        "requests": requests.filter(created_at__lt=old, erased_at=None).exclude(
            status__in=UNDER_WAY
        ),
        "addresses": requests.filter(
            created_at__lt=now - timedelta(days=widget.address_days),
            created_at__gte=old,
            erased_at=None,
            address__empty=False,
        ).exclude(status__in=UNDER_WAY),
        "proofs": ConsentProof.objects.filter(
            call_request__widget=widget, at__lt=now - widget.proof_months * MONTH, emptied_at=None
        ).exclude(link=None),
    }


def _lock(rows: QuerySet[CallRequest], batch: int) -> list[int]:
    """Lock up to `batch` of these rows that nobody else has locked; return their primary keys."""
    free = rows.select_for_update(skip_locked=True)
    return list(free.values_list("pk", flat=True)[:batch])


def purge(now: datetime, batch: int = BATCH) -> Counts:
    """Erase one batch for each widget, certify it, and return the counts of all widgets.

    Call it again as long as the counts are not zero.
    """
    total = Counts()
    for widget in Widget.objects.all():
        due = overdue(widget, now)
        with transaction.atomic():
            erased = erase_rows(_lock(due["requests"], batch), now)
            addresses = CallRequest.objects.filter(pk__in=_lock(due["addresses"], batch)).exclude(
                status__in=UNDER_WAY
            )
            # Lock the proofs together with their requests: an erasure of a request would write the
            # same seals.
            proofs = consent_proof.to_seal(due["proofs"]).select_for_update(
                of=("self", "call_request"), skip_locked=True
            )
            counts = Counts(
                requests=erased.requests,
                addresses=addresses.update(address=""),
                proofs=consent_proof.empty(
                    list(proofs[:batch]),
                    salt="",
                    text=None,
                    vouched_by=None,
                    text_sha256="",
                    claimed_at=None,
                    page_url="",
                    page_commitment="",
                    number_commitment="",
                    email_commitment="",
                    address_commitment="",
                    emptied_at=now,
                ),
            )
            if counts:
                Erasure.objects.create(
                    at=now,
                    cause=ErasureCause.RETENTION,
                    counts=asdict(counts) | {"widget": widget.name},
                )
        total.requests += counts.requests
        total.addresses += counts.addresses
        total.proofs += counts.proofs
    return total
