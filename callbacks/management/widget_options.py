"""The options with which commands create and change widgets."""

from argparse import ArgumentParser, BooleanOptionalAction
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from callbacks.core import campaign_names, origins, storable
from callbacks.core.one_line import single_line
from callbacks.management import json_input
from callbacks.models import WhenClosed, Widget
from callbacks.widgets import extra_fields, topics

# The option for a field, if it is not the field's own name.
OPTIONS = {
    "name": "NAME",
    "allowed_regions": "--regions",
    "allowed_origins": "--origins",
    "email_required": "--email-required",
    "time_zone": "--timezone",
    "opening_hours": "--hours",
    "extra_fields": "--fields",
}
LANGUAGES = [*(code for code, _name in settings.LANGUAGES), ""]


def add_to(parser: ArgumentParser) -> None:
    """Add the options that `create_widget` and `change_widget` share.

    An option that is not given is None.
    """
    _add_general(parser)
    _add_hours(parser)


def _add_general(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--regions", metavar="FR,RE", help="where numbers may be called", dest="allowed_regions")
    add(
        "--origins",
        metavar="https://www.example.fr,…",
        help="the sites that may show the widget",
        dest="allowed_origins",
    )
    add(
        "--campaign-names",
        metavar="gclid,…",
        help="the parameters of a page's address that are kept beside utm_*",
    )
    add(
        "--mails-visitors",
        action=BooleanOptionalAction,
        help="whether visitors get a confirmation by email, and an email about changes",
    )
    add(
        "--bot-email",
        metavar="lead-{id}",
        help="what the call bot gets in the place of the visitor's email, with the public ID of "
        "the request for {id}; '' for the visitor's email",
    )
    add(
        "--unseen-minutes",
        type=int,
        help="when to remind the team of a failed or uncertain request that nobody has opened",
    )
    add("--language", choices=LANGUAGES, help="the language of the form; '' for the visitor's")
    add(
        "--fields",
        metavar="JSON",
        dest="extra_fields",
        help="the additional fields of the form (docs/fields.md); '[]' for none. A field that is "
        "left out is no longer asked, and its answers are kept",
    )
    add(
        "--topics",
        metavar="JSON",
        help="the topics that visitors choose from (docs/topics.md); '[]' for none",
    )
    add("--accent-colour", metavar="#1d4ed8", help="the colour of the buttons")
    add("--patience-minutes", type=int, help="the maximum wait for a call")
    add("--daily-cap", type=int, help="the most requests accepted in 24 hours")


def _add_hours(parser: ArgumentParser) -> None:
    add = parser.add_argument_group("opening hours").add_argument
    add(
        "--timezone",
        metavar="Europe/Paris",
        dest="time_zone",
        help="the time zone in which the hours are meant",
    )
    add(
        "--hours",
        metavar="'Mo-Fr 09:00-18:00; PH off'",
        dest="opening_hours",
        help="when calls are placed, in OpenStreetMap's syntax; '' for always",
    )
    add("--holidays", metavar="FR", help="whose public holidays PH means: FR, FR-57, FR-974, BE")
    add(
        "--holidays-off",
        metavar="noël,toussaint",
        help="the public holidays that count as ordinary days; '' for none",
    )
    add(
        "--sales-hours",
        action=BooleanOptionalAction,
        help="place calls only in the legal hours for sales calls in France",
    )
    add("--slot-minutes", type=int, help="the length of a time slot")
    add("--slot-capacity", metavar="2", help="the most calls in one time slot; '' for no limit")
    add("--slot-lead-minutes", type=int, help="how long before it begins a slot can be chosen")
    add("--days-ahead", type=int, help="how many days ahead a time slot can be chosen")
    add(
        "--when-closed",
        choices=WhenClosed.values,
        help="what visitors are offered outside the hours",
    )
    add(
        "--waits-for-opening",
        action=BooleanOptionalAction,
        help="whether a call that could not start before closing starts at the next opening",
    )


def apply(widget: Widget, options: dict[str, Any]) -> None:
    """Set the fields of `widget` whose options were given, and validate the widget.

    Raises:
        CommandError: with one sentence for each option that is wrong.
    """
    given = {name: options[name] for name in _fields() if options.get(name) is not None}
    try:
        for field, value in given.items():
            _check_text(field, value)
            read = _READERS[field](value) if field in _READERS else value
            setattr(widget, field, _fields_of(widget, value) if field == "extra_fields" else read)
        _check_lines(widget)
        widget.full_clean()
    except ValidationError as error:
        raise CommandError(_sentence(error)) from None


def apply_topics(widget: Widget, options: dict[str, Any]) -> str:
    """Give the widget, which is saved, the topics whose option was given. Return what changed.

    Raises:
        CommandError: with a sentence that says what is wrong.
    """
    if (given := options["topics"]) is None:
        return ""
    try:
        return topics.change(widget, json_input.read(given))
    except ValidationError as error:
        raise CommandError(f"--topics: {' '.join(error.messages)}") from None


def changed(before: Widget, after: Widget) -> list[str]:
    """Return the names of the fields in which two states of a widget differ."""
    return [name for name in _fields() if getattr(before, name) != getattr(after, name)]


def option(field: str) -> str:
    """Return the option that sets a field."""
    return OPTIONS.get(field, f"--{field.replace('_', '-')}")


def shown(value: Any) -> str:
    """Return the value of a field, as an option takes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        is_fields = any(isinstance(entry, dict) for entry in value)
        value = ",".join(extra_fields.names(value) if is_fields else value)
    return "nothing" if value in (None, "") else str(value)


def _fields() -> Iterable[str]:
    return [field.name for field in Widget._meta.concrete_fields]


def _listed(typed: str) -> list[str]:
    return [part.strip() for part in typed.split(",") if part.strip()]


def _regions(typed: str) -> list[str]:
    return [code.upper() for code in _listed(typed)]


def _origins(typed: str) -> list[str]:
    try:
        return list(dict.fromkeys(map(origins.of_page, _listed(typed))))
    except ValidationError as error:
        raise ValidationError({"allowed_origins": error}) from None


def _fields_of(widget: Widget, given: str) -> list[dict[str, Any]]:
    """Return the additional fields of the widget, once it asks the given ones."""
    try:
        return extra_fields.stored(widget, json_input.read(given))
    except ValidationError as error:
        raise ValidationError({"extra_fields": error}) from None


def _check_text(field: str, value: object) -> None:
    """Raise `ValidationError`, by field, if the value is a text that no database stores."""
    try:
        storable.check(str(value))
    except ValidationError as error:
        raise ValidationError({field: error}) from None


def _check_lines(widget: Widget) -> None:
    """Raise `ValidationError`, by field, if a text of the widget is not of one line."""
    for name in ("name", "originate"):
        try:
            single_line(getattr(widget, name))
        except ValidationError as error:
            raise ValidationError({name: error}) from None


_READERS: dict[str, Callable[[str], object]] = {
    "allowed_regions": _regions,
    "allowed_origins": _origins,
    "campaign_names": campaign_names.listed,
    "holidays_off": _listed,
    "slot_capacity": lambda typed: typed or None,
}


def _sentence(error: ValidationError) -> str:
    """Return what is wrong, with each message after the option that it is about."""
    return " ".join(
        f"{option(field)}: {' '.join(messages)}" for field, messages in error.message_dict.items()
    )
