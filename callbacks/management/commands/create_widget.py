"""Create a widget, and print the HTML to paste into a page."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from callbacks.core import origins
from callbacks.core.one_line import single_line
from callbacks.models import Widget
from callbacks.widgets import snippets

LANGUAGES = [code for code, _name in settings.LANGUAGES]
# The option for a field, if it is not the field's own name.
OPTIONS = {"name": "NAME", "allowed_regions": "--regions", "allowed_origins": "--origins"}


class Command(BaseCommand):
    help = "Create a widget, and print its address and the HTML to paste into a page."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "name", metavar="NAME", help="the name of the widget, shown to staff only"
        )
        parser.add_argument(
            "--originate",
            metavar="CODENAME",
            required=True,
            help="the call bot's scenario, as your uh!live account manager named it",
        )
        parser.add_argument(
            "--regions", metavar="FR,RE", default="FR", help="where numbers may be called"
        )
        parser.add_argument(
            "--origins",
            metavar="https://www.example.fr,…",
            default="",
            help="the sites that may show the widget",
        )
        parser.add_argument(
            "--email-optional", action="store_true", help="do not require an email address"
        )
        parser.add_argument(
            "--language", choices=LANGUAGES, default="", help="default: the visitor's"
        )
        parser.add_argument("--accent-colour", metavar="#1d4ed8", help="the colour of the buttons")
        parser.add_argument("--patience-minutes", type=int, help="the maximum wait for a call")
        parser.add_argument("--daily-cap", type=int, help="the most requests accepted in 24 hours")

    @no_translations
    def handle(self, **options: Any) -> None:
        widget = Widget(
            name=options["name"],
            originate=options["originate"],
            allowed_regions=[code.strip().upper() for code in options["regions"].split(",")],
            email_required=not options["email_optional"],
            language=options["language"],
        )
        for field in ("accent_colour", "patience_minutes", "daily_cap"):
            if options[field] is not None:
                setattr(widget, field, options[field])
        try:
            listed = [one for one in options["origins"].split(",") if one.strip()]
            widget.allowed_origins = list(dict.fromkeys(map(_origin, listed)))
            f"{widget.name}{widget.originate}".encode()
            _check_lines(widget)
            widget.full_clean()
            widget.save()
        except ValidationError as error:
            raise CommandError(_sentence(error)) from None
        except UnicodeEncodeError:
            raise CommandError("NAME and CODENAME must be valid text (UTF-8).") from None
        self.stdout.write(f"Public id: {widget.public_id}")
        self.stdout.write(f"Page:      {settings.PUBLIC_URL}{widget.get_absolute_url()}")
        self.stdout.write("Paste this into a page of your site:")
        self.stdout.write(f"  {snippets.moving(widget).line}")
        self.stdout.write("Link for an email, or a page without scripts:")
        self.stdout.write(f"  {snippets.link(widget)}")
        if not widget.allowed_origins:
            self.stderr.write(snippets.NOT_SHOWN_YET)


def _origin(typed: str) -> str:
    """Return the origin of an address as typed. Raise `ValidationError` under the field's name."""
    try:
        return origins.of_page(typed)
    except ValidationError as error:
        raise ValidationError({"allowed_origins": error}) from None


def _check_lines(widget: Widget) -> None:
    """Raise `ValidationError`, by field, if a text of the widget is not of one line."""
    for name in ("name", "originate"):
        try:
            single_line(getattr(widget, name))
        except ValidationError as error:
            raise ValidationError({name: error}) from None


def _sentence(error: ValidationError) -> str:
    """Return what is wrong, with each message after the option that it is about."""
    return " ".join(
        f"{OPTIONS.get(field, '--' + field.replace('_', '-'))}: {' '.join(messages)}"
        for field, messages in error.message_dict.items()
    )
