"""Check the connection to the call service, without placing a call."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, no_translations

from callbacks import call_api
from callbacks.call_api import connected_service
from callbacks.call_api.diagnosis.diagnose import diagnose


class Command(BaseCommand):
    help = (
        "Check that the call service can be reached and accepts the client ID and secret. No call "
        "is placed."
    )
    # The checks of the call service are made here, so that each prints its own sentence.
    requires_system_checks = []

    @no_translations
    def handle(self, **options: Any) -> None:
        self.stdout.write(connected_service.connected().sentence)
        # Checked before anything is sent: credentials must not reach the wrong service.
        if wrong := connected_service.contradictions() + _missing():
            raise CommandError(" ".join(wrong))
        try:
            config = call_api.from_settings()
        except ValueError as error:
            raise CommandError(f"The settings are not valid: {error}.") from None
        findings = diagnose(config)
        for finding in findings:
            mark = "ok   " if finding.ok else "WRONG"
            self.stdout.write(f"{mark} {finding.name:<12} {finding.sentence}")
        if not all(finding.ok for finding in findings):
            raise CommandError("No call can be placed until this is fixed.")
        self.stdout.write("Calls can be placed. None was placed now.")


def _missing() -> list[str]:
    """Return a sentence that names the missing credentials, or an empty list."""
    names = ("UHLIVE_CLIENT_ID", "UHLIVE_CLIENT_SECRET")
    missing = [name for name in names if not getattr(settings, name)]
    if not missing:
        return []
    return [f"{' and '.join(missing)} not set. Get them from your uh!live account manager."]
