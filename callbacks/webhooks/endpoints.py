"""Create, change and remove webhook endpoints, and send messages to them again."""

import base64
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from callbacks.accounts import audit_log
from callbacks.core import clock
from callbacks.models import (
    Alert,
    AlertKind,
    Channel,
    MessageKind,
    MessageState,
    OutboxMessage,
    WebhookEndpoint,
    WebhookEvent,
    WebhookSubscription,
    Widget,
)
from callbacks.notifications import outbox
from callbacks.webhooks import body

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_ADDRESS = 500
# How long the old secret signs as well after a rotation.
OVERLAP = timedelta(days=1)
# Endpoints for one widget or for all: every event writes a row for each.
MOST = 10


def check_address(url: str) -> None:
    """Raise `ValidationError` unless webhooks may be sent to this address.

    Its host is checked once more at each sending, by the IP address that it then has.
    """
    schemes = ["https", "http"] if settings.WEBHOOK_ALLOW_PRIVATE else ["https"]
    if len(url) > LONGEST_ADDRESS:
        raise ValidationError(_("The address is longer than 500 characters."))
    try:
        # A name without a dot, such as "crm", is one of a private network.
        URLValidator(schemes=schemes)(url)
        parts = urlsplit(url)
        _port = parts.port  # raises a ValueError if no port can have this number
    except (ValidationError, ValueError):
        raise ValidationError(
            _("Enter a web address that begins with https://, such as https://crm.example/hook.")
        ) from None
    if "\0" in url:
        raise ValidationError(_("The address contains a character that no address has."))
    if parts.username is not None or parts.fragment:
        raise ValidationError(_("Leave the user name and the part after “#” out of the address."))


def create(
    url: str,
    events: Iterable[WebhookEvent],
    widget: Widget | None,
    *,
    with_contact: bool = False,
    person: "User | None" = None,
    operator: str | None = None,
) -> WebhookEndpoint:
    """Create an endpoint; its `secret` is shown to the person who creates it.

    `widget` is None for an endpoint for all widgets. `operator` is who runs the command.

    Raises:
        ValidationError: the address is not allowed, the events do not fit, or there are `MOST`
            endpoints already.
    """
    check_address(url)
    wanted = sorted({WebhookEvent(event) for event in events})
    if widget is not None and WebhookEvent.ALERT in wanted:
        raise ValidationError(_("Alerts are sent to endpoints for all widgets only."))
    with transaction.atomic():
        if WebhookEndpoint.objects.filter(widget=widget).count() >= MOST:
            raise ValidationError(
                _("There are %(count)d endpoints already. Remove one first.") % {"count": MOST}
            )
        endpoint = WebhookEndpoint.objects.create(
            url=url,
            widget=widget,
            with_contact=with_contact,
            secret=_new_secret(),
            created_at=clock.now(),
        )
        WebhookSubscription.objects.bulk_create(
            WebhookSubscription(endpoint=endpoint, event=event) for event in wanted
        )
        _record(
            "webhook.create",
            endpoint,
            person,
            operator,
            with_contact=with_contact,
            only_widget=widget.name if widget else None,
        )
    return endpoint


def rotate(
    endpoint: WebhookEndpoint, *, person: "User | None" = None, operator: str | None = None
) -> None:
    """Give the endpoint a new secret. The old one signs as well for `OVERLAP`."""
    with transaction.atomic():
        old = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        endpoint.old_secret, endpoint.secret = old.secret, _new_secret()
        endpoint.old_secret_until = clock.now() + OVERLAP
        endpoint.save(update_fields=["secret", "old_secret", "old_secret_until"])
        _record("webhook.rotate", endpoint, person, operator)


def remove(
    endpoint: WebhookEndpoint, *, person: "User | None" = None, operator: str | None = None
) -> None:
    """Delete the endpoint, with its log and what waits for it."""
    with transaction.atomic():
        _record("webhook.delete", endpoint, person, operator)
        _end_alert(endpoint)
        endpoint.delete()


def pause(endpoint: WebhookEndpoint, *, person: "User | None" = None) -> bool:
    """Send the endpoint nothing for now; return False if it was paused before."""
    with transaction.atomic():
        running = WebhookEndpoint.objects.filter(pk=endpoint.pk, paused_at=None)
        done = bool(running.update(paused_at=clock.now()))
        if done:
            _record("webhook.pause", endpoint, person, None)
    return done


def resume(
    endpoint: WebhookEndpoint, *, person: "User | None" = None, operator: str | None = None
) -> bool:
    """Send the endpoint what waits for it again; return False if it was not paused."""
    with transaction.atomic():
        paused = WebhookEndpoint.objects.filter(pk=endpoint.pk, paused_at__isnull=False)
        done = bool(paused.update(paused_at=None, failures=0, failing_since=None, quiet_until=None))
        if done:
            _end_alert(endpoint)
            _record("webhook.resume", endpoint, person, operator)
    return done


def send_test(endpoint: WebhookEndpoint) -> None:
    """Put a test message into the outbox."""
    outbox.add(
        [
            OutboxMessage(
                kind=MessageKind.WEBHOOK,
                channel=Channel.WEBHOOK,
                event=body.TEST,
                endpoint=endpoint,
            )
        ]
    )


def send_again(
    messages: QuerySet[OutboxMessage],
    *,
    person: "User | None" = None,
    operator: str | None = None,
) -> int:
    """Send these messages of an endpoint again if they have ended; return how many.

    They keep their `webhook-id`, so that a system that received one before recognises it.
    """
    with transaction.atomic():
        ended = messages.filter(kind=MessageKind.WEBHOOK).exclude(state=MessageState.WAITING)
        count = ended.update(
            state=MessageState.WAITING, attempts=0, due_at=clock.now(), ended_at=None, problem=""
        )
        audit_log.record(person, "webhook.again", count=count, operator=operator)
    return count


def _new_secret() -> str:
    """Return a secret of 256 bits, written as the Standard Webhooks want it."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def _end_alert(endpoint: WebhookEndpoint) -> None:
    """End the alert that the endpoint is paused."""
    Alert.objects.filter(kind=AlertKind.WEBHOOK, about=str(endpoint), over_at=None).update(
        over_at=clock.now()
    )


def _record(
    action: str,
    endpoint: WebhookEndpoint,
    person: "User | None",
    operator: str | None,
    **facts: Any,
) -> None:
    """Add an entry to the audit trail. Its name is the endpoint's host, not the whole address."""
    audit_log.record(person, action, endpoint, operator=operator, **facts)
