"""Create two webhook endpoints: `webhooks_waiting.py DEAD MESSAGES ALIVE`.

For the first, as many messages wait as MESSAGES.
"""

import sys

import django

django.setup()

from benchmarks.inside import columns  # noqa: E402
from callbacks.core import clock  # noqa: E402
from callbacks.models import CallRequest, OutboxMessage, WebhookEvent, Widget  # noqa: E402
from callbacks.webhooks import endpoints  # noqa: E402


def main(dead: str, messages: int, alive: str) -> None:
    now = clock.now()
    widget = Widget.objects.create(name="earlier", originate="test-scenario")
    call_request = CallRequest.objects.create(
        widget=widget,
        nonce="earlier",
        number="+33611111111",
        **columns.asked_at(now),
        due_at=now,
        patience_until=now,
        status="called",
    )
    endpoint = endpoints.create(dead, list(WebhookEvent), None)
    OutboxMessage.objects.bulk_create(
        (
            OutboxMessage(
                kind="webhook",
                channel="webhook",
                event=WebhookEvent.CALLED,
                endpoint=endpoint,
                call_request=call_request,
                created_at=now,
                due_at=now,
            )
            for _ in range(messages)
        ),
        batch_size=500,
    )
    endpoints.create(alive, list(WebhookEvent), None)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
