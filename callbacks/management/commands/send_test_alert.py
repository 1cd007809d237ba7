"""Send a test alert in every way in which alerts are sent, and say which ways work."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, no_translations

from callbacks.models import WebhookEndpoint, WebhookEvent
from callbacks.notifications import alerts
from callbacks.webhooks import endpoints


class Command(BaseCommand):
    help = (
        "Send a test alert to ALERT_EMAILS, and a test message to the webhook endpoints that want "
        "alerts, to see whether they arrive."
    )

    @no_translations
    def handle(self, **options: Any) -> None:
        webhooks = WebhookEndpoint.objects.filter(subscriptions__event=WebhookEvent.ALERT)
        if not settings.ALERT_EMAILS and not webhooks.exists():
            raise CommandError(
                "Alerts are sent to nobody: set ALERT_EMAILS, or create a webhook endpoint with "
                f"--event {WebhookEvent.ALERT}. The admin shows them in any case."
            )
        for endpoint in webhooks:
            endpoints.send_test(endpoint)
            self.stdout.write(f"webhook {endpoint}: in the outbox. Its page in the admin says more")
        if settings.ALERT_EMAILS:
            worked = alerts.send_test()
            self.stdout.write(f"email: {'sent' if worked else 'NOT SENT'}")
            if not worked:
                raise CommandError(
                    "Check the settings of the mail server (EMAIL_HOST and those that follow). The "
                    "log says which error there was."
                )
