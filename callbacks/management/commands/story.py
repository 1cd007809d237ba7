"""Print what happened to one request."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from callbacks.models import CallRequest
from callbacks.operations import story


class Command(BaseCommand):
    help = (
        "Print what happened to a request: changes of status, attempts, reports. Its number and "
        "email are hidden."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "public_id", metavar="PUBLIC_ID", help="the request's public ID, as staff pages show it"
        )

    @no_translations
    def handle(self, *, public_id: str, **options: Any) -> None:
        requests = CallRequest.objects.select_related("widget", "offered_by")
        call_request = requests.filter(public_id=public_id.strip().upper()).first()
        if call_request is None:
            raise CommandError(
                "There is no request with this public ID. Staff pages and the log show it; it has "
                "16 capitals and digits."
            )
        for line in story.of(call_request):
            self.stdout.write(line)
