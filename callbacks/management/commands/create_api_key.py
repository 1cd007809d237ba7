"""Create a key for the API, and show it once."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from callbacks.accounts import api_keys
from callbacks.core.one_line import single_line
from callbacks.models import ApiKey, Scope, Widget
from callbacks.operations import operator


class Command(BaseCommand):
    help = (
        "Create an API key. It is the last word of the output, and shown this once: only its "
        "SHA-256 is stored."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the key is for, such as the system that uses it")
        parser.add_argument(
            "--widget", help="the public ID of the only widget it is for, with its topics"
        )
        parser.add_argument(
            "--scope",
            action="append",
            required=True,
            choices=Scope.values,
            help="what the key may do; give it once for each scope",
        )

    @no_translations
    def handle(self, *, name: str, widget: str | None, scope: list[str], **options: Any) -> None:
        name = name.strip()
        longest = ApiKey._meta.get_field("name").max_length or 0
        try:
            single_line(name)
        except ValidationError:
            raise CommandError("The name must be one line.") from None
        if not 0 < len(name) <= longest:
            raise CommandError(f"The name must have 1 to {longest} characters.")
        only = None
        if widget is not None:
            only = Widget.objects.filter(public_id=widget).first()
            if only is None:
                raise CommandError(f"No widget has the public ID {widget!r}.")
        key, secret = api_keys.create(
            name, [Scope(one) for one in scope], only, operator=operator.name()
        )
        self.stderr.write(
            f"API key {key.pk} “{key.name}” created. To revoke it: "
            f"manage.py revoke_api_key {key.pk}. The key, shown once:"
        )
        self.stdout.write(secret)
