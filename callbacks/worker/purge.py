"""Erase and delete what is old, every ten minutes."""

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session

from callbacks.accounts import sign_in_throttle
from callbacks.call_outcomes import store as call_outcomes
from callbacks.core import clock
from callbacks.data_protection import retention as retention_rules
from callbacks.models import AlertKind, CallRequest, PeriodicJob, Reason, Status
from callbacks.notifications import alerts, outbox
from callbacks.worker import heartbeat

JOB = "purge"
EVERY = timedelta(minutes=10)
BATCH = 500


def purge(now: datetime) -> int:
    """Erase what is past its storage period, one batch per run, and delete old technical rows.

    Return how many requests, IP addresses and proofs were erased; technical rows (sessions, sent
    messages, outcomes without a request, workers that ended) are not counted. It runs every ten
    minutes, because what it erases is months old, and in the next round if there was anything.
    """
    job, _ = PeriodicJob.objects.get_or_create(name=JOB, defaults={"until": now})
    if clock.is_ahead(job.until, now, EVERY):
        return 0
    if not PeriodicJob.objects.filter(name=JOB, until=job.until).update(
        until=now + EVERY, last_run_at=now
    ):
        return 0
    end_alert_of_unreadable()
    sign_in_throttle.forget_old(now)
    Session.objects.filter(expire_date__lt=now).delete()
    heartbeat.forget_dead(now)
    call_outcomes.forget_old(now)
    outbox.forget_old(now)
    counts = retention_rules.purge(now, BATCH)
    if counts:
        # There may be more. The next round goes on.
        PeriodicJob.objects.filter(name=JOB).update(until=now)
    return counts.requests + counts.addresses + counts.proofs


def end_alert_of_unreadable() -> None:
    """End the alert once staff have dealt with all requests that could not be decrypted."""
    left = CallRequest.objects.filter(
        status=Status.UNCERTAIN, reason=Reason.UNREADABLE, erased_at=None
    )
    if not left.exists():
        alerts.end([AlertKind.UNREADABLE])
