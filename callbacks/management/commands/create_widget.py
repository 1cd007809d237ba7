from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from callbacks.models import Widget
from callbacks.widgets import snippets

LANGUAGES = [code for code, _name in settings.LANGUAGES]
# How a field is named on the command line, where not like itself.
OPTIONS = {"name": "NAME", "allowed_regions": "--regions", "allowed_origins": "--origins"}


class Command(BaseCommand):
    help = "Create a widget, and print its address and what to paste into a page."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="for staff only")
        parser.add_argument(
            "--originate",
            metavar="CODENAME",
            required=True,
            help="the call bot scenario, as named by your account manager",
        )
        parser.add_argument("--regions", metavar="FR,RE", default="FR", help="which may be called")
        parser.add_argument(
            "--origins",
            metavar="https://www.example.fr,…",
            default="",
            help="the sites that may show the form in their pages",
        )
        parser.add_argument("--email-optional", action="store_true")
        parser.add_argument(
            "--language", choices=LANGUAGES, default="", help="without it, the visitor's own"
        )
        parser.add_argument("--accent-colour", metavar="#1d4ed8")
        parser.add_argument("--patience-minutes", type=int)
        parser.add_argument("--daily-cap", type=int)

    @no_translations
    def handle(self, **options: Any) -> None:
        widget = Widget(
            name=options["name"],
            originate=options["originate"],
            allowed_regions=[code.strip().upper() for code in options["regions"].split(",")],
            allowed_origins=[o.strip() for o in options["origins"].split(",") if o.strip()],
            email_required=not options["email_optional"],
            language=options["language"],
        )
        for field in ("accent_colour", "patience_minutes", "daily_cap"):
            if options[field] is not None:
                setattr(widget, field, options[field])
        try:
            f"{widget.name}{widget.originate}".encode()
            widget.full_clean()
            widget.save()
        except ValidationError as error:
            raise CommandError(_sentence(error)) from None
        except UnicodeEncodeError:
            raise CommandError("NAME and CODENAME must be valid text (UTF-8).") from None
        self.stdout.write(f"Public id: {widget.public_id}")
        self.stdout.write(f"Page:      {settings.PUBLIC_URL}{widget.get_absolute_url()}")
        self.stdout.write("To paste into a page of your site:")
        self.stdout.write(f"  {snippets.moving(widget).line}")
        self.stdout.write("Without a script, for a mail, say:")
        self.stdout.write(f"  {snippets.link(widget)}")
        if not widget.allowed_origins:
            self.stderr.write(snippets.NOT_SHOWN_YET)


def _sentence(error: ValidationError) -> str:
    """What is wrong, each thing behind the option that it is about."""
    return " ".join(
        f"{OPTIONS.get(field, '--' + field.replace('_', '-'))}: {' '.join(messages)}"
        for field, messages in error.message_dict.items()
    )
