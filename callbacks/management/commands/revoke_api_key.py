"""Revoke a key for the API."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from callbacks.accounts import api_keys
from callbacks.models import ApiKey
from callbacks.operations import operator


class Command(BaseCommand):
    help = "Revoke an API key, at once and for good."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=int, help="the key's ID, which create_api_key printed")

    @no_translations
    def handle(self, *, id: int, **options: Any) -> None:
        key = ApiKey.objects.filter(pk=id).first()
        if key is None:
            raise CommandError(f"There is no API key {id}.")
        if api_keys.revoke(key, operator=operator.name()):
            self.stdout.write(f"API key {id} “{key.name}” is revoked.")
        else:
            self.stdout.write(f"API key {id} “{key.name}” was already revoked.")
