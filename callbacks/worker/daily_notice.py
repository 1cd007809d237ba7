"""Send staff one email a day: yesterday's requests, and the head of the chain of consent proofs.

A head that was sent away shows later whether the newest proofs were removed (`consent.chain`).
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from callbacks.consent import chain as consent_chain
from callbacks.core import clock
from callbacks.models import PeriodicJob, Status
from callbacks.notifications import mail
from callbacks.stats import hourly

JOB = "daily_notice"
# The hour of the day, in the site's time zone.
HOUR = 7
# When to try again if the email could not be sent, or the process died while it sent it.
RETRY = timedelta(hours=1)
# The most that can lie between two notices: a day of 25 hours.
LONGEST_WAIT = timedelta(hours=25)


def is_wanted() -> bool:
    """Return whether there is anybody to send the notice to."""
    return bool(settings.DAILY_NOTICE and settings.ALERT_EMAILS)


def send_if_due() -> bool:
    """Send the notice if it is due; return whether it was sent.

    Of several processes, one sends it. A crash while sending may repeat the email; it loses none.
    """
    if not is_wanted():
        return False
    now = clock.now()
    job, _created = PeriodicJob.objects.get_or_create(name=JOB, defaults={"until": next_after(now)})
    if clock.is_ahead(job.until, now, LONGEST_WAIT):
        return False
    retry_at = now + RETRY
    if not PeriodicJob.objects.filter(name=JOB, until=job.until).update(until=retry_at):
        return False
    if not mail.send(*_notice(now), settings.ALERT_EMAILS):
        return False
    PeriodicJob.objects.filter(name=JOB, until=retry_at).update(
        until=next_after(now), last_run_at=now
    )
    return True


def next_after(now: datetime) -> datetime:
    """Return the first time after `now` at which the notice is due."""
    here = timezone.localtime(now)
    today = here.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return today if today > here else today + timedelta(days=1)


def _notice(now: datetime) -> tuple[str, str]:
    """Return the subject and the text, in the site's language."""
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    yesterday = today - timedelta(days=1)
    figures = hourly.total(yesterday, today)
    place, chain = consent_chain.head()
    with translation.override(settings.LANGUAGE_CODE):
        day = date_format(yesterday, "DATE_FORMAT")
        subject = _("Callback: requests on %(day)s") % {"day": day}
        counts = [
            _("New requests: %(count)d") % {"count": figures["asked"]},
            _("Called: %(count)d") % {"count": figures[Status.CALLED]},
            _("Failed: %(count)d") % {"count": figures[Status.FAILED]},
            _("Uncertain: %(count)d") % {"count": figures[Status.UNCERTAIN]},
            _("Cancelled: %(count)d") % {"count": figures[Status.CANCELLED]},
        ]
        head = [
            _("Head of the chain of consent proofs: %(head)s") % {"head": f"{place}:{chain}"},
            _("Read at: %(time)s UTC") % {"time": f"{now:%Y-%m-%d %H:%M:%S}"},
            _(
                "Keep this email. If you suspect later that proofs of consent were removed from "
                "the database, run this command:"
            ),
            f"manage.py check_consent --head {place}:{chain}",
        ]
    return subject, "\n".join([*counts, "", *head, ""])
