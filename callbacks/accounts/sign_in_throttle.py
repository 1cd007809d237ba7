"""Failed tries to sign in, which axes counts. They hold names and addresses: gone after a day."""

from datetime import datetime, timedelta

from axes.models import AccessAttempt

KEPT = timedelta(days=1)


def forget_old(now: datetime) -> int:
    """Deletes what is older than any lock; how many."""
    return int(AccessAttempt.objects.filter(attempt_time__lt=now - KEPT).delete()[0])


def forget(username: str) -> int:
    """Unlocks an account everywhere; how many rows there were."""
    return int(AccessAttempt.objects.filter(username=username).delete()[0])
