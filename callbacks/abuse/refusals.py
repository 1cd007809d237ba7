"""Record refused forms, which staff can see, and alert staff if visitors are not to blame."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from callbacks.contact.e164 import Number
from callbacks.core import clock, crypto
from callbacks.models import Alert, AlertKind, Refusal, RefusalKind, Widget
from callbacks.notifications import alerts

# Staff are alerted about these: visitors are refused through no fault of their own.
ALERTED = {RefusalKind.WIDGET, RefusalKind.ACCOUNT, RefusalKind.BUSY}
KEPT = timedelta(days=30)


def record(widget: Widget, kind: RefusalKind, *, number: Number = "", address: str = "") -> None:
    """Record that a form was refused, and alert staff if the kind is in `ALERTED`.

    Call it outside the transaction that was rolled back.
    """
    now = clock.now()
    with transaction.atomic():
        row, is_new = Refusal.objects.get_or_create(
            minute=now.replace(second=0, microsecond=0),
            widget=widget,
            kind=kind,
            number_hash=crypto.number_hash(number),
            address_hash=crypto.fingerprint("address", address) if address else "",
        )
        if not is_new:
            Refusal.objects.filter(pk=row.pk).update(count=F("count") + 1)
        if kind in ALERTED:
            _alert(widget, now)


def _alert(widget: Widget, now: datetime) -> None:
    """Raise an alert about the widget, unless there was one within `alerts.QUIET`."""
    lately = Alert.objects.filter(
        kind=AlertKind.LIMIT,
        about=widget.name,
        raised_at__gt=now - alerts.QUIET,
        raised_at__lte=now + clock.SLACK,
    )
    if not lately.exists():
        alerts.raise_alert(AlertKind.LIMIT, about=widget.name)


def forget_old(now: datetime, batch: int = 1000) -> int:
    """Delete up to `batch` rows that are older than `KEPT`; return how many."""
    old = Refusal.objects.filter(minute__lt=now - KEPT).values_list("pk", flat=True)[:batch]
    deleted, _ = Refusal.objects.filter(pk__in=list(old)).delete()
    return deleted
