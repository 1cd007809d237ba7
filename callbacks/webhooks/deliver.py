"""Send what the outbox has for webhook endpoints, each endpoint by itself.

An endpoint that is unavailable is tried again after a wait that grows, with one message at a time,
however many wait for it. So it delays no other endpoint. After `PAUSED_AFTER` without a success, it
is paused, and staff are told once. A message that an endpoint refuses does not stop the others.
"""

from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from standardwebhooks import Webhook

from callbacks.core import clock
from callbacks.models import (
    AlertKind,
    MessageKind,
    OutboxMessage,
    WebhookEndpoint,
)
from callbacks.notifications import alerts, outbox
from callbacks.webhooks import body, client

log = structlog.get_logger(__name__)

PAUSED_AFTER = timedelta(days=1)
PAUSED_AFTER_FAILURES = 10
# The endpoint does not exist any more: it wants nothing else (as the Standard Webhooks say).
GONE = 410
# Answers that speak of the endpoint, not of this message: too many, or a failure of its own.
_BUSY = frozenset({408, 425, 429})
# What a message is about, and whom it goes to.
ABOUT = ("endpoint", "alert", "call_request__widget", "call_request__offered_by")


def endpoints_with_work() -> list[int]:
    """Return the keys of the endpoints that may be sent something now."""
    now = clock.now()
    waiting = outbox.due(now).filter(kind=MessageKind.WEBHOOK, endpoint=OuterRef("pk"))
    rows = _at_work(WebhookEndpoint.objects.all()).filter(Exists(waiting.order_by()))
    return list(rows.values_list("pk", flat=True))


def send_to(endpoint: int, go_on: Callable[[], bool] = lambda: True) -> int:
    """Send what is due for one endpoint and return how many messages it accepted.

    Stop early once `go_on` returns False, or the endpoint is unavailable or paused.
    """
    sent = 0
    due = outbox.due(clock.now()).filter(kind=MessageKind.WEBHOOK, endpoint=endpoint)
    for message in due.select_related(*ABOUT)[: outbox.BATCH]:
        if not go_on() or not _at_work(WebhookEndpoint.objects.filter(pk=endpoint)).exists():
            break
        sent += outbox.send_one(message, send)
    return sent


def send(message: OutboxMessage) -> None:
    """Send one message to its endpoint.

    Raises:
        outbox.Dropped: the endpoint no longer wants this event, or was told of the same alert
            shortly before.
        outbox.NotSent: the endpoint did not accept it.
    """
    endpoint = message.endpoint
    if endpoint is None:
        raise outbox.Dropped("no_recipient")
    wanted = {*endpoint.subscriptions.values_list("event", flat=True), body.TEST}
    if message.event not in wanted:
        raise outbox.Dropped("not_wanted")
    if message.alert is not None:
        alerts.drop_if_told(message, message.alert)
    text = body.of(message, with_contact=endpoint.with_contact)
    try:
        answer = client.post(endpoint.url, text, signed(endpoint, message_id(message), text))
    except client.NoAnswer as error:
        _log_answer(message, None, "")
        _count_failure(endpoint, is_away=True)
        raise outbox.NotSent(error.code) from None
    _log_answer(message, answer.status, answer.excerpt)
    if not answer.is_accepted:
        if answer.status == GONE:
            pause(endpoint)
        _count_failure(endpoint, is_away=answer.status >= 500 or answer.status in _BUSY)
        raise outbox.NotSent(f"http_{answer.status}")
    if endpoint.failures:
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
            failures=0, failing_since=None, quiet_until=None
        )


def message_id(message: OutboxMessage) -> str:
    """Return the `webhook-id` of a message: the same at each attempt, and never that of another.

    The time makes it unique also after a restore, when row numbers are given again.
    """
    return f"msg_{int(message.created_at.timestamp() * 1_000_000):x}_{message.pk}"


def signed(endpoint: WebhookEndpoint, name: str, text: bytes) -> dict[str, str]:
    """Return the headers of a message, by the Standard Webhooks scheme.

    After a rotation, there are two signatures for a while: by the new secret and by the old one.
    """
    now = clock.now()
    secrets = [endpoint.secret]
    if endpoint.old_secret_until and now < endpoint.old_secret_until:
        secrets.append(endpoint.old_secret)
    signatures = [Webhook(secret).sign(name, now, text.decode()) for secret in secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": "Callback-Webhooks/1",
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def pause(endpoint: WebhookEndpoint) -> bool:
    """Pause an endpoint that fails, and tell staff once; return False if it was paused before."""
    with transaction.atomic():
        running = WebhookEndpoint.objects.filter(pk=endpoint.pk, paused_at=None)
        done = bool(running.update(paused_at=clock.now()))
        if done:
            alerts.raise_alert(AlertKind.WEBHOOK, str(endpoint))
    if done:
        log.error("webhook_paused", endpoint=endpoint.pk)
    return done


def _count_failure(endpoint: WebhookEndpoint, *, is_away: bool) -> None:
    """Count a failure. If the endpoint is unavailable, send it nothing for a while."""
    now = clock.now()
    row = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    row.update(failures=F("failures") + 1, failing_since=Coalesce("failing_since", now))
    endpoint.refresh_from_db(fields=["failures", "failing_since"])
    if is_away:
        row.update(quiet_until=now + outbox.wait_after(endpoint.failures))
    since = endpoint.failing_since or now
    if endpoint.failures >= PAUSED_AFTER_FAILURES and since <= now - PAUSED_AFTER:
        pause(endpoint)


def _at_work(rows: QuerySet[WebhookEndpoint]) -> QuerySet[WebhookEndpoint]:
    """Return those of the endpoints that are neither paused nor left alone for a while."""
    now = clock.now()
    quiet = {"quiet_until__gt": now, "quiet_until__lte": now + outbox.LONGEST_WAIT}
    return rows.filter(paused_at=None).exclude(**quiet)


def _log_answer(message: OutboxMessage, status: int | None, excerpt: str) -> None:
    """Store what the endpoint answered last."""
    OutboxMessage.objects.filter(pk=message.pk).update(http_status=status, excerpt=excerpt)
