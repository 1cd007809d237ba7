"""List, add and remove the people who get emails about a widget's requests."""

from datetime import time
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from callbacks.models import TeamMailRecipient, Widget
from callbacks.operations import operator
from callbacks.team_mails import recipients
from callbacks.team_mails.recipients import USUAL, Notice


class Command(BaseCommand):
    help = (
        "List the people who get emails about a widget's requests. With --add or --remove, add or "
        "remove one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("widget", help="the public ID of the widget")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--add", metavar="EMAIL", help="add this address")
        what.add_argument("--remove", metavar="EMAIL", help="remove this address")
        parser.add_argument(
            "--notice",
            action="append",
            choices=[notice.value for notice in Notice],
            help="with --add: what to tell; give it once for each. By default, all but digest",
        )
        parser.add_argument(
            "--digest-at",
            metavar="HH:MM",
            type=time_of_day,
            default=time(8),
            help="with --add: when to send the daily summary, in the widget's time zone",
        )
        parser.add_argument(
            "--language",
            choices=[code for code, _name in settings.LANGUAGES],
            default=settings.LANGUAGE_CODE,
            help="with --add: the language of the emails",
        )
        parser.add_argument(
            "--with-contact",
            action="store_true",
            help="with --add: write numbers and emails in full; otherwise most of each is hidden",
        )

    @no_translations
    def handle(self, *, widget: str, add: str | None, remove: str | None, **options: Any) -> None:
        found = Widget.objects.filter(public_id=widget).first()
        if found is None:
            raise CommandError(f"No widget has the public ID {widget!r}.")
        if add is not None:
            self._add(found, add, options)
        elif remove is not None:
            recipient = recipients.of(found, remove)
            if recipient is None:
                raise CommandError("This address is not in the list of this widget.")
            recipients.remove(recipient, operator=operator.name())
            self.stdout.write(f"Recipient {recipient} is removed.")
        else:
            for recipient in found.mail_recipients.all():
                self.stdout.write(_line(recipient))

    def _add(self, widget: Widget, email: str, options: dict[str, Any]) -> None:
        try:
            recipient = recipients.add(
                widget,
                email,
                [Notice(one) for one in options["notice"] or USUAL],
                language=options["language"],
                with_contact=options["with_contact"],
                digest_at=options["digest_at"],
                operator=operator.name(),
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(f"Recipient {recipient} is added.")


def time_of_day(text: str) -> time:
    """Return the time that is written as 08:30. Raise `ValueError` if there is none."""
    return time.fromisoformat(text).replace(tzinfo=None)


def _line(recipient: TeamMailRecipient) -> str:
    """Return a recipient in one line. Most of the address is hidden."""
    wanted = [str(notice) for notice in Notice if getattr(recipient, f"wants_{notice}")]
    told = "unsubscribed" if recipient.stopped_at else ", ".join(wanted)
    contact = ", numbers in full" if recipient.with_contact else ""
    return f"{recipient}: {told}{contact} ({recipient.language})"
