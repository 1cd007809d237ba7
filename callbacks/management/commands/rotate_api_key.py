"""Give a key for the API a new secret, and show it once."""

from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from callbacks.accounts import api_keys
from callbacks.core import clock
from callbacks.models import ApiKey
from callbacks.operations import operator

OVERLAP = timedelta(days=1)


class Command(BaseCommand):
    help = (
        "Give an API key a new secret. It is the last word of the output, and shown this once. The "
        "present secret works for another day, or until the time that you give."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=int, help="the key's ID, which create_api_key printed")
        when = parser.add_mutually_exclusive_group()
        when.add_argument(
            "--until",
            help="until when the present secret works, such as 2026-06-01T09:00:00+02:00",
        )
        when.add_argument(
            "--at-once", action="store_true", help="the present secret stops working at once"
        )

    @no_translations
    def handle(self, *, id: int, until: str | None, at_once: bool, **options: Any) -> None:
        key = ApiKey.objects.filter(pk=id).first()
        if key is None:
            raise CommandError(f"There is no API key {id}.")
        now = clock.now()
        end = now if at_once else _time(until, now) if until else now + OVERLAP
        secret = api_keys.rotate(key, end, operator=operator.name())
        if secret is None:
            raise CommandError(f"API key {id} is revoked, or was rotated at this moment.")
        self.stderr.write(
            f"API key {id} “{key.name}” has a new secret. The secret that ends with {key.ending} "
            + (f"works until {end.isoformat(timespec='seconds')}. " if end > now else "is void. ")
            + "The new one, shown once:"
        )
        self.stdout.write(secret)


def _time(text: str, now: datetime) -> datetime:
    try:
        end = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError("Write the time such as 2026-06-01T09:00:00+02:00.") from None
    if end.tzinfo is None:
        raise CommandError("Write the time with its offset, such as +02:00 or Z.")
    if not now < end < now + timedelta(days=366):
        raise CommandError("The time must be in the future, and within a year.")
    return end
