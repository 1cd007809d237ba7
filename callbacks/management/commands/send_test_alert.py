"""Send a test alert in every configured way, and say which ways work."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, no_translations

from callbacks.notifications import alerts


class Command(BaseCommand):
    help = "Send a test alert to ALERT_EMAILS and ALERT_WEBHOOK_URL, to see whether they arrive."

    @no_translations
    def handle(self, **options: Any) -> None:
        wanted = []
        if settings.ALERT_EMAILS:
            wanted.append("email")
        if settings.ALERT_WEBHOOK_URL:
            wanted.append("webhook")
        if not wanted:
            raise CommandError(
                "Alerts are sent to nobody: set ALERT_EMAILS or ALERT_WEBHOOK_URL. The admin shows "
                "them in any case."
            )
        worked = alerts.send_test()
        for way in wanted:
            result = "sent" if way in worked else "NOT SENT"
            self.stdout.write(f"{way}: {result}")
        if set(wanted) - set(worked):
            raise CommandError(
                "Check the settings of the mail server (EMAIL_HOST and those that follow) and "
                "ALERT_WEBHOOK_URL. The log says which error there was."
            )
