"""The list of requests as a CSV file, which is sent while it is written."""

import csv
import io
from collections.abc import Iterable, Iterator

from django.db.models import QuerySet
from django.utils import translation

from callbacks.models import CallRequest
from callbacks.staff.common.unmasking import Veil
from callbacks.staff.requests.export.rows import Cell, cells, heading, pages

UTF8_MARK = "\ufeff"


def as_csv(requests: QuerySet[CallRequest], veil: Veil, language: str) -> Iterator[bytes]:
    """UTF-8 with the mark by which spreadsheets know it, RFC 4180; a piece for each page."""
    with translation.override(language):
        first = _csv_lines([heading()])
    yield (UTF8_MARK + first).encode()
    for page in pages(requests):
        # Not around the yield: what runs in between has a language of its own.
        with translation.override(language):
            lines = _csv_lines(cells(call_request, veil) for call_request in page)
        yield lines.encode(errors="replace")


def _csv_lines(rows: Iterable[Iterable[Cell]]) -> str:
    text = io.StringIO()
    # In French, Excel expects a semicolon, for the comma stands in numbers. Quotes around all.
    separator = ";" if translation.get_language() == "fr" else ","
    writer = csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerows(rows)
    return text.getvalue()
