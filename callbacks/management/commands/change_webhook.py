"""Do something with a webhook endpoint."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from callbacks.models import MessageState, WebhookEndpoint
from callbacks.operations import operator
from callbacks.webhooks import endpoints


class Command(BaseCommand):
    help = "Test, resume or delete a webhook endpoint, replace its secret, or send to it again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=int, help="its ID, which create_webhook printed")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--test", action="store_true", help="send it a test message")
        what.add_argument("--resume", action="store_true", help="end its pause: send what waits")
        what.add_argument(
            "--send-again",
            action="store_true",
            help="send again what could not be sent in the last 30 days",
        )
        what.add_argument(
            "--rotate",
            action="store_true",
            help="replace its secret, which is printed once; the old one also signs for a day",
        )
        what.add_argument("--delete", action="store_true", help="delete it, with what waits for it")

    @no_translations
    def handle(self, *, id: int, **options: Any) -> None:
        endpoint = WebhookEndpoint.objects.filter(pk=id).first()
        if endpoint is None:
            raise CommandError(f"There is no webhook endpoint {id}.")
        who = operator.name()
        if options["test"]:
            endpoints.send_test(endpoint)
            self.stdout.write("A test message is in the outbox. Its page in the admin says more.")
        elif options["resume"]:
            done = endpoints.resume(endpoint, operator=who)
            self.stdout.write("It is resumed." if done else "It was not paused.")
        elif options["send_again"]:
            failed = endpoint.messages.filter(state=MessageState.FAILED)
            count = endpoints.send_again(failed, operator=who)
            self.stdout.write(f"Messages to send again: {count}.")
        elif options["rotate"]:
            endpoints.rotate(endpoint, operator=who)
            self.stderr.write("The old secret also signs for a day. The new one, shown once:")
            self.stdout.write(endpoint.secret)
        else:
            endpoints.remove(endpoint, operator=who)
            self.stdout.write(f"Webhook endpoint {id} is deleted.")
