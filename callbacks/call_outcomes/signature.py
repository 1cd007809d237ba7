"""Check that a report comes from the call service, and count those that do not."""

import hashlib
import hmac

from django.db.models import F
from django.utils.crypto import constant_time_compare

from callbacks.core import clock
from callbacks.models import RefusedReport

PREFIX = "sha256="


def is_right(body: bytes, signature: str, secret: str) -> bool:
    """Return whether `signature` is the header `X-Uhlive-Signature` of this raw body.

    The scheme is the service's own: "sha256=" and the HMAC-SHA256 of the body in hex. The
    comparison takes the same time for any wrong signature.
    """
    expected = PREFIX + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return constant_time_compare(signature.strip().lower(), expected)


def count_refused() -> None:
    """Count a report that was refused, in the row of its hour."""
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    row, _is_new = RefusedReport.objects.get_or_create(hour=hour)
    RefusedReport.objects.filter(pk=row.pk).update(count=F("count") + 1)
