"""Tell staff once that calling has a problem, and what to do about it.

An alert is a row, written in the transaction of the change that caused it. A worker then sends it
by email (`ALERT_EMAILS`) and by webhook (`ALERT_WEBHOOK_URL`), if these are configured. The admin
always shows it. An outage that comes and goes is reported once in `QUIET`, not each time.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import requests
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from callbacks.core import availability, clock
from callbacks.models import CIRCUIT_REASONS, Alert, AlertKind
from callbacks.notifications import mail

log = structlog.get_logger(__name__)

QUIET = timedelta(minutes=30)
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
WEBHOOK_TIMEOUT = 5.0  # seconds


def what_to_do(kind: str) -> str:
    """Return what staff should do about this kind of alert, in the active language."""
    return {
        AlertKind.CREDENTIALS: _(
            "Check UHLIVE_CLIENT_ID and UHLIVE_CLIENT_SECRET with your uh!live account manager. "
            "Requests stay in the queue until their maximum wait is over."
        ),
        AlertKind.NO_TOKEN: _(
            "The call service's sign-in is unavailable or returned an invalid answer. Run "
            "“manage.py check_call_api”. Calls resume automatically once it works again."
        ),
        AlertKind.OUTAGE: _(
            "Several calls in a row got no clear answer. Check the uncertain requests. Calls "
            "resume automatically once the service works again."
        ),
        AlertKind.WEB_PAGE: _(
            "The call service answered a call with a web page, such as a maintenance or sign-in "
            "page. These calls count as placed. Check in the service's reports that phones are "
            "ringing. If they are not, stop all calls and contact your uh!live account manager."
        ),
        AlertKind.UNREADABLE: _(
            "Some requests are uncertain because their number or email cannot be decrypted. Add "
            "the missing key to ENCRYPTION_KEYS for every process, then retry these requests. If "
            "no key is missing, they are damaged: restore them from a backup, or close them."
        ),
        AlertKind.LIMIT: _(
            "Visitors' requests are refused because a limit is reached. If this is normal "
            "traffic, raise the widget's limits. Otherwise, check the refusals."
        ),
    }[AlertKind(kind)]


def raise_alert(kind: AlertKind | str, about: str = "") -> Alert:
    """Store an alert and return it. Call it in the transaction of the change that caused it.

    `about` names the thing concerned, such as a widget; at most 120 characters are kept.
    """
    now = clock.now()
    return Alert.objects.create(kind=kind, about=about[:120], raised_at=now, try_at=now)


def raise_once(kind: AlertKind | str, about: str = "") -> None:
    """Store an alert, unless the same one is open or was raised less than `QUIET` ago."""
    now = clock.now()
    lately = Q(raised_at__gt=now - QUIET, raised_at__lte=now + clock.SLACK)
    like_it = Alert.objects.filter(kind=kind, about=about[:120])
    if not like_it.filter(Q(over_at=None) | lately).exists():
        with transaction.atomic():
            raise_alert(kind, about)


def end(kinds: Iterable[str] = CIRCUIT_REASONS) -> None:
    """End the open alerts of these kinds; by default, those about the call service."""
    Alert.objects.filter(over_at=None, kind__in=kinds).update(over_at=clock.now())


def untold(now: datetime) -> QuerySet[Alert]:
    """Return the alerts that are due to be sent at `now`, oldest first."""
    waiting = clock.ahead("try_at", now, LONGEST_WAIT)
    return Alert.objects.filter(~waiting, told_at=None).order_by("try_at", "pk")


def tell_all() -> int:
    """Send the alerts that are due and return how many were sent.

    An alert that could not be sent is tried again, after a longer wait each time. A crash while
    sending may repeat an email; it loses none.
    """
    sent = 0
    for alert in untold(clock.now()):
        now = clock.now()
        row = Alert.objects.filter(pk=alert.pk, told_at=None, tries=alert.tries)
        wait = min(FIRST_WAIT * 2**alert.tries, LONGEST_WAIT)
        if not row.update(tries=alert.tries + 1, try_at=now + wait):
            continue
        try:
            how = None if _was_told_lately(alert, now) or not _is_configured() else _tell(alert)
        except (ValueError, TypeError, LookupError) as error:
            # This alert cannot be sent as it is. The others must still go out.
            log.error("alert_not_sent", alert=alert.pk, error=type(error).__name__)
            continue
        if how == []:
            continue
        told_how = ", ".join(how or [])
        Alert.objects.filter(pk=alert.pk).update(told_at=clock.now(), told_how=told_how)
        sent += bool(how)
    return sent


def _was_told_lately(alert: Alert, now: datetime) -> bool:
    """Return whether staff were told of the same problem within `QUIET`."""
    told = Alert.objects.filter(
        kind=alert.kind, about=alert.about, told_at__gt=now - QUIET, told_at__lte=now + clock.SLACK
    ).exclude(told_how="")
    return told.exists()


def _is_configured() -> bool:
    """Return whether there is any way to send alerts."""
    return bool(settings.ALERT_EMAILS or settings.ALERT_WEBHOOK_URL)


def send_test() -> list[str]:
    """Send a test alert in every configured way and return the ways that worked.

    Nothing is stored.
    """
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("Callback: test alert")
        advice = _("This is a test. Alerts reach you: nothing needs to be done.")
    return _send("test", subject, advice, clock.now())


def _tell(alert: Alert) -> list[str]:
    """Send the alert in every configured way and return the ways that worked."""
    with translation.override(settings.LANGUAGE_CODE):
        problem = alert.get_kind_display()
        if alert.about:
            problem = f"{problem} ({alert.about})"
        # A header must be one line. A widget's name may be older than the rule that forbids line
        # breaks in it.
        subject = " ".join((_("Callback: %(problem)s") % {"problem": problem}).split())
        advice = what_to_do(alert.kind)
    return _send(alert.kind, subject, advice, alert.raised_at)


def _send(kind: str, subject: str, advice: str, raised_at: datetime) -> list[str]:
    """Send a message in every configured way and return the ways that worked."""
    index = settings.PUBLIC_URL + reverse("admin:index")
    how = []
    text = f"{advice}\n\n{index}\n"
    if settings.ALERT_EMAILS and mail.send(subject, text, settings.ALERT_EMAILS):
        how.append("email")
    if settings.ALERT_WEBHOOK_URL:
        payload = {
            "type": "alert",
            "kind": kind,
            "text": f"{subject}\n{advice}",
            "raised_at": raised_at.isoformat(),
            "admin": index,
        }
        try:
            answer = requests.post(
                settings.ALERT_WEBHOOK_URL,
                json=payload,
                timeout=WEBHOOK_TIMEOUT,
                allow_redirects=False,
            )
            answer.raise_for_status()
        except requests.RequestException as error:
            availability.alert_webhook.failed(error)
        else:
            availability.alert_webhook.recovered()
            how.append("webhook")
    return how
