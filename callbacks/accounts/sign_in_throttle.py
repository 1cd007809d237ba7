"""Failed attempts to sign in, which axes counts.

They contain names and IP addresses, so they are deleted after a day.
"""

from datetime import datetime, timedelta

from axes.models import AccessAttempt

KEPT = timedelta(days=1)


def forget_old(now: datetime) -> int:
    """Delete the attempts that are older than any lock; return how many rows."""
    return int(AccessAttempt.objects.filter(attempt_time__lt=now - KEPT).delete()[0])


def forget(username: str) -> int:
    """Unlock an account everywhere; return how many rows were deleted."""
    return int(AccessAttempt.objects.filter(username=username).delete()[0])
