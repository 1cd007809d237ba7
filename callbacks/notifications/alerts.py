"""Tell staff once that calling has a problem, and what to do about it.

An alert is a row, written in the transaction of the change that caused it. The outbox gets a
message for each address in `ALERT_EMAILS`, and for each webhook endpoint that wants alerts
(`webhooks.deliver` sends these). The admin always shows the alert. An outage that comes and goes is
reported once in `QUIET`, not each time.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from callbacks.core import clock, crypto
from callbacks.models import (
    CIRCUIT_REASONS,
    Alert,
    AlertKind,
    Channel,
    MessageKind,
    MessageState,
    OutboxMessage,
    WebhookEvent,
    WebhookSubscription,
)
from callbacks.notifications import mail, outbox

QUIET = timedelta(minutes=30)


class Words(NamedTuple):
    """What a message says, in the site's language."""

    kind: str
    subject: str
    advice: str
    raised_at: datetime


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
        AlertKind.WEBHOOK: _(
            "It has accepted no webhook for a day, or says that it no longer exists. Repair the "
            "system behind it, then resume the endpoint: what waits is sent. Or delete it."
        ),
    }[AlertKind(kind)]


def raise_alert(kind: AlertKind | str, about: str = "") -> Alert:
    """Store an alert and its messages; return it. Call it in the transaction of what caused it.

    `about` names the thing concerned, such as a widget; at most 120 characters are kept.
    """
    alert = Alert.objects.create(kind=kind, about=about[:120], raised_at=clock.now())
    hashes = dict.fromkeys(map(crypto.email_hash, settings.ALERT_EMAILS))
    emails = [
        OutboxMessage(
            kind=MessageKind.ALERT, channel=Channel.EMAIL, recipient=recipient, alert=alert
        )
        for recipient in hashes
    ]
    wanted = WebhookSubscription.objects.filter(event=WebhookEvent.ALERT, endpoint__widget=None)
    webhooks = [
        OutboxMessage(
            kind=MessageKind.WEBHOOK,
            channel=Channel.WEBHOOK,
            event=WebhookEvent.ALERT,
            endpoint_id=endpoint,
            alert=alert,
        )
        for endpoint in wanted.values_list("endpoint", flat=True)
    ]
    outbox.add([*emails, *webhooks])
    return alert


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


def address_of(message: OutboxMessage) -> str:
    """Return the email address that a message goes to, or "" if it was removed from the settings.

    The outbox stores only its hash.
    """
    found = (one for one in settings.ALERT_EMAILS if crypto.email_hash(one) == message.recipient)
    return next(found, "")


def send(message: OutboxMessage) -> None:
    """Send an alert to one email address.

    Raises:
        outbox.Dropped: this recipient was told of the same problem within `QUIET`, or is no longer
            in the settings.
        outbox.NotSent: the mail server did not accept it.
    """
    alert = message.alert
    if alert is None:
        raise outbox.Dropped("no_alert")
    drop_if_told(message, alert)
    if not (address := address_of(message)):
        raise outbox.Dropped("no_recipient")
    if not _mail(words(alert), address, {"Message-ID": mail.message_id(f"alert-{message.pk}")}):
        raise outbox.NotSent("mail_away")


def drop_if_told(message: OutboxMessage, alert: Alert) -> None:
    """Raise `outbox.Dropped` if the same recipient was told of the same problem within `QUIET`."""
    now = clock.now()
    told = OutboxMessage.objects.filter(
        kind=message.kind,
        channel=message.channel,
        recipient=message.recipient,
        endpoint=message.endpoint_id,
        state=MessageState.SENT,
        alert__kind=alert.kind,
        alert__about=alert.about,
        ended_at__gt=now - QUIET,
        ended_at__lte=now + clock.SLACK,
    )
    if told.exists():
        raise outbox.Dropped("told_lately")


def send_test() -> bool:
    """Send a test alert to each of `ALERT_EMAILS`; return whether all were accepted.

    Nothing is stored.
    """
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("Callback: test alert")
        advice = _("This is a test. Alerts reach you: nothing needs to be done.")
    test = Words("test", subject, advice, clock.now())
    accepted = [_mail(test, address) for address in settings.ALERT_EMAILS]
    return all(accepted)


def words(alert: Alert) -> Words:
    """Return what the alert says, in the site's language."""
    with translation.override(settings.LANGUAGE_CODE):
        problem = alert.get_kind_display()
        if alert.about:
            problem = f"{problem} ({alert.about})"
        # A header must be one line. A widget's name may be older than the rule that forbids line
        # breaks in it.
        subject = " ".join((_("Callback: %(problem)s") % {"problem": problem}).split())
        return Words(alert.kind, subject, what_to_do(alert.kind), alert.raised_at)


def _mail(words: Words, address: str, headers: dict[str, str] | None = None) -> bool:
    """Send an email to one address. Return whether the mail server accepted it."""
    return mail.send(words.subject, f"{words.advice}\n\n{admin()}\n", [address], headers)


def admin() -> str:
    """Return the address of the admin."""
    return settings.PUBLIC_URL + reverse("admin:index")
