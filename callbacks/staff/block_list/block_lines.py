"""Read the lines of an import, as spreadsheets and people write them.

Cells are separated by commas, semicolons or tabs. A heading may name the columns, in English or
French, in any order. A line without a kind is a number.
"""

import csv
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import batched

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from callbacks.abuse import block_keys
from callbacks.models import Block, BlockKind

BATCH = 500
LONGEST_LINE = 600
LONGEST_REASON = 200
SEPARATORS = "\t;,"
DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y")

KIND, VALUE, REASON, UNTIL = COLUMNS = ("kind", "value", "reason", "until")
_NUMBER = (
    *("number", "phone", "phone number", "telephone", "tel", "mobile"),
    *("numero", "numero de telephone", "portable"),
)
# The words are written without capitals and accents, as `_plain` returns them.
_HEADINGS = {
    **dict.fromkeys(("kind", "type", "genre", "nature"), KIND),
    **dict.fromkeys(("value", "valeur", *_NUMBER), VALUE),
    **dict.fromkeys(("reason", "raison", "motif", "note", "comment", "commentaire"), REASON),
    **dict.fromkeys(("until", "end", "jusqu'au", "fin", "expiration"), UNTIL),
}
_KINDS = {
    **dict.fromkeys(_NUMBER, BlockKind.NUMBER),
    **dict.fromkeys(("prefix", "prefixe", "debut"), BlockKind.PREFIX),
    **dict.fromkeys(("domain", "domaine"), BlockKind.DOMAIN),
    **dict.fromkeys(("address", "adresse", "ip", "ip address", "adresse ip"), BlockKind.ADDRESS),
    **dict.fromkeys(("mail", "email", "e-mail", "courriel"), BlockKind.MAIL),
}


@dataclass
class Line:
    """One line of an import.

    `place` is its number in the text. If `problem` holds a sentence, the line is not imported.
    """

    place: int
    text: str
    kind: str = ""
    value: str = ""
    reason: str = ""
    until: datetime | None = None
    problem: str = ""
    is_known: bool = False

    @property
    def shown_kind(self) -> str:
        """Return the kind in words."""
        return str(BlockKind(self.kind).label)

    @property
    def last_day(self) -> date | None:
        """Return the last day of the entry."""
        return last_day(self.until) if self.until else None


def read(text: str, now: datetime) -> list[Line]:
    """Return the lines of `text`, each with its problem, if it has one.

    Empty lines and the heading are left out. It takes one query for each `BATCH` of lines.
    """
    lines: list[Line] = []
    places: dict[str, Line] = {}
    columns: Sequence[str] = COLUMNS
    for line, separator in _written(text):
        try:
            cells = _cells(line.text, separator)
            if not lines and columns is COLUMNS and (heading := _heading(cells)):
                columns = heading
                continue
            _fill(line, _named(cells, columns), now)
        except ValidationError as error:
            line.problem = " ".join(error.messages)
        lines.append(line)
        if line.problem:
            continue
        first = places.setdefault(block_keys.key_of(line.kind, line.value), line)
        if first is not line:
            line.problem = _("Same as line %(n)d.") % {"n": first.place}
    for keys in batched(places, BATCH):
        known = Block.objects.filter(key__in=keys).values_list("key", flat=True)
        for key in known:
            places[key].is_known = True
    return lines


def _written(text: str) -> Iterator[tuple[Line, str]]:
    """Yield each line that is not empty, with the separator of the first one."""
    separator = ""
    for place, written in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if not written.strip():
            continue
        if not separator:
            if written.startswith("sep=") and len(written) == len("sep=;"):  # Excel declares it
                separator = written[-1]
                continue
            separator = _separator_of(written)
        yield Line(place, written), separator


def _separator_of(line: str) -> str:
    """Return the separator after the first cell, or a comma if there is none."""
    start = max(line.find('"', 1), 0) if line.startswith('"') else 0
    found = [at for mark in SEPARATORS if (at := line.find(mark, start)) >= 0]
    return line[min(found)] if found else ","


def _cells(line: str, separator: str) -> list[str]:
    """Split the line into cells. Raise `ValidationError` if that is not possible."""
    if "\0" in line:
        raise ValidationError(_("This line contains a null character."))
    if len(line) > LONGEST_LINE:
        raise ValidationError(_("The line is too long."))
    reader = csv.reader([line], delimiter=separator, strict=True, skipinitialspace=True)
    try:
        return [cell.strip() for cell in next(reader)]
    except (csv.Error, StopIteration):
        raise ValidationError(_("A quotation mark is missing.")) from None


def _heading(cells: Sequence[str]) -> list[str] | None:
    """Return the column that each cell names, or None if the line is no heading.

    A cell that names no column becomes an empty string.
    """
    columns = [_HEADINGS.get(_plain(cell), "") for cell in cells]
    has_values = any(character.isdigit() or character in ".@" for character in "".join(cells))
    return columns if VALUE in columns and not has_values else None


def _named(cells: Sequence[str], columns: Sequence[str]) -> dict[str, str]:
    """Return the cells by their columns. Raise `ValidationError` if there are too many."""
    if columns is COLUMNS and _kind(cells[0]) is None and any(map(str.isdigit, cells[0])):
        columns = COLUMNS[1:]  # the line has no kind and begins with the number
    if any(cells[len(columns) :]):
        raise ValidationError(_("This line has more cells than columns."))
    return dict(zip(columns, cells, strict=False))


def _fill(line: Line, cells: dict[str, str], now: datetime) -> None:
    """Read the cells into the line. Raise `ValidationError` if one is wrong."""
    kind, reason, until = (cells.get(name, "") for name in (KIND, REASON, UNTIL))
    found = _kind(kind) if kind else BlockKind.NUMBER
    if found is None:
        raise ValidationError(_("The kind must be number, prefix, domain, address or email."))
    if len(reason) > LONGEST_REASON:
        raise ValidationError(_("The reason is longer than 200 characters."))
    line.value = block_keys.normalised(found, cells.get(VALUE, ""))
    line.kind, line.reason = found, reason
    line.until = _until(until) if until else None
    if line.until is not None and line.until <= now:
        raise ValidationError(_("This date is in the past."))


def _kind(word: str) -> BlockKind | None:
    """Return the kind with this name, in English, in French, or as the admin shows it."""
    return (_KINDS | _shown_kinds()).get(_plain(word))


@cache
def _shown_kinds() -> dict[str, BlockKind]:
    """Return the kinds by their names in the admin, in each language: a file may come from
    a colleague who reads another one.
    """
    shown: dict[str, BlockKind] = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            shown |= {_plain(str(kind.label)): kind for kind in BlockKind}
    return shown


def _plain(word: str) -> str:
    """Return a word in lower case, without accents and without spaces around it."""
    letters = unicodedata.normalize("NFKD", word.replace("\u2019", "'").casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).strip()


def end_of(day: date) -> datetime:
    """Return the end of a day, in the site's time zone.

    Raises:
        ValidationError: The day is at the end of the calendar.
    """
    try:
        return timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
    except (ValueError, OverflowError):
        raise ValidationError(_not_a_day()) from None


def last_day(until: datetime) -> date:
    """Return the day that ends at `until`: the inverse of `end_of`."""
    return timezone.localtime(until - timedelta(microseconds=1)).date()


def _until(text: str) -> datetime:
    """Return the end of the day that was written. Raise `ValidationError` if it is no day."""
    try:
        day: date = forms.DateField(input_formats=DAYS).clean(text)
    except ValidationError:
        raise ValidationError(_not_a_day()) from None
    return end_of(day)


def _not_a_day() -> str:
    """Return the sentence that says how to write a day."""
    return _("Enter the last day as a date, for example 2027-01-31 or 31/01/2027.")
