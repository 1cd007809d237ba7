"""Erase what has been kept for as long as its widget says."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet

from callbacks.consent import proof as consent_proof
from callbacks.models import (
    CallRequest,
    ConsentProof,
    Erasure,
    ErasureCause,
    Widget,
)

if TYPE_CHECKING:
    pass
from callbacks.data_protection.erasure import UNDER_WAY, Counts, erase_rows

# A month is reckoned as the longest one, so that nothing goes before its time.
MONTH = timedelta(days=31)
BATCH = 500


def over_due(widget: Widget, now: datetime) -> dict[str, QuerySet[Any]]:
    """What retention says must go by `now`, of one widget, by kind."""
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


def _locked(rows: QuerySet[CallRequest], batch: int) -> list[int]:
    """Lock some of these rows, but none that somebody else is at; return their keys."""
    free = rows.select_for_update(skip_locked=True)
    return list(free.values_list("pk", flat=True)[:batch])


def purge(now: datetime, batch: int = BATCH) -> Counts:
    """One batch of retention for each widget; run again while it does something. Certified."""
    total = Counts()
    for widget in Widget.objects.all():
        due = over_due(widget, now)
        with transaction.atomic():
            erased = erase_rows(_locked(due["requests"], batch), now)
            addresses = CallRequest.objects.filter(pk__in=_locked(due["addresses"], batch)).exclude(
                status__in=UNDER_WAY
            )
            # With their requests, whose erasure would write the same seals.
            proofs = consent_proof.to_empty(due["proofs"]).select_for_update(
                of=("self", "call_request"), skip_locked=True
            )
            counts = Counts(
                requests=erased.requests,
                addresses=addresses.update(address=""),
                proofs=consent_proof.empty(
                    list(proofs[:batch]),
                    salt="",
                    text=None,
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
