"""Write the list of requests as CSV."""

import csv
import io
from collections.abc import Iterable, Iterator

from django.db.models import QuerySet
from django.utils import translation

from callbacks.models import CallRequest
from callbacks.staff.common.unmasking import Masking
from callbacks.staff.requests.export.rows import Cell, cells, columns_of, heading, pages

UTF8_MARK = "\ufeff"


def as_csv(requests: QuerySet[CallRequest], masking: Masking, language: str) -> Iterator[bytes]:
    """Yield the CSV file in pieces, one for each page of rows.

    The file follows RFC 4180. It is UTF-8 and begins with a byte order mark, by which spreadsheets
    recognise UTF-8.
    """
    with translation.override(language):
        columns = columns_of(requests)
        first = _csv_lines([heading(columns)])
    yield (UTF8_MARK + first).encode()
    for page in pages(requests):
        # The `yield` stays outside: the code that runs meanwhile must keep its own language.
        with translation.override(language):
            lines = _csv_lines(cells(call_request, masking, columns) for call_request in page)
        yield lines.encode(errors="replace")


def _csv_lines(rows: Iterable[Iterable[Cell]]) -> str:
    """Return the rows as lines of CSV."""
    text = io.StringIO()
    # In French, Excel expects semicolons, because numbers contain commas.
    separator = ";" if translation.get_language() == "fr" else ","
    writer = csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerows(rows)
    return text.getvalue()
