"""Create a webhook endpoint, and show its secret once."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from callbacks.models import WebhookEvent, Widget
from callbacks.operations import operator
from callbacks.webhooks import endpoints


class Command(BaseCommand):
    help = (
        "Create a webhook endpoint: an address that is told what happens. Its secret is the last "
        "word of the output, and is shown this once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", help="the address that receives the webhooks")
        parser.add_argument(
            "--widget", help="the public ID of the only widget it is for, with its topics"
        )
        parser.add_argument(
            "--event",
            action="append",
            required=True,
            choices=WebhookEvent.values,
            help="what to tell it; give it once for each event",
        )
        parser.add_argument(
            "--with-contact",
            action="store_true",
            help="send numbers and emails in full; otherwise most of each is hidden",
        )

    @no_translations
    def handle(
        self,
        *,
        url: str,
        widget: str | None,
        event: list[str],
        with_contact: bool,
        **options: Any,
    ) -> None:
        only = None
        if widget is not None:
            only = Widget.objects.filter(public_id=widget).first()
            if only is None:
                raise CommandError(f"No widget has the public ID {widget!r}.")
        try:
            endpoint = endpoints.create(
                url,
                [WebhookEvent(one) for one in event],
                only,
                with_contact=with_contact,
                operator=operator.name(),
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stderr.write(
            f"Webhook endpoint {endpoint.pk} created. To remove it: "
            f"manage.py change_webhook {endpoint.pk} --delete. Its secret, shown once:"
        )
        self.stdout.write(endpoint.secret)
