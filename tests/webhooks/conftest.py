"""A receiver on the loopback, which is allowed here, and an endpoint for it."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from callbacks.models import WebhookEndpoint, WebhookEvent
from callbacks.webhooks import endpoints
from tests.support import webhook_receiver
from tests.support.webhook_receiver import Receiver


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with webhook_receiver.running() as one:
        yield one


@pytest.fixture
def endpoint(receiver: Receiver) -> WebhookEndpoint:
    """For all widgets, all events about requests, masked."""
    events = [event for event in WebhookEvent if event != WebhookEvent.ALERT]
    return endpoints.create(receiver.url, events, None)
