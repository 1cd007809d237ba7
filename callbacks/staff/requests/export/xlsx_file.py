"""Write the list of requests as XLSX."""

import tempfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

import xlsxwriter
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from callbacks.models import CallRequest
from callbacks.staff.common.unmasking import Masking
from callbacks.staff.requests.export.rows import (
    NUMBER_COLUMN,
    Cell,
    cells,
    columns_of,
    heading,
    pages,
)

# The most rows of a sheet in the XLSX format, without the headings.
SHEET = 1_048_575


def as_xlsx(requests: QuerySet[CallRequest], masking: Masking) -> IO[bytes]:
    """Return the XLSX file: a temporary file, which disappears when it is closed.

    Cells are written as text, so none is a formula. They are neutralised as well, because a
    spreadsheet may evaluate a cell that somebody edits.
    """
    file = tempfile.TemporaryFile(prefix="export-", suffix=".xlsx")  # noqa: SIM115
    try:
        with tempfile.TemporaryDirectory(prefix="export-") as folder:
            book = xlsxwriter.Workbook(
                file,
                {
                    "constant_memory": True,
                    "tmpdir": folder,
                    "strings_to_formulas": False,
                    "strings_to_urls": False,
                    "strings_to_numbers": False,
                },
            )
            columns = columns_of(requests)
            rows = (
                cells(call_request, masking, columns)
                for page in pages(requests)
                for call_request in page
            )
            _fill(book, heading(columns), rows)
            book.close()
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _fill(book: Any, titles: list[str], rows: Iterator[list[Cell]]) -> None:
    """Write the rows, on as many sheets as they need."""
    formats = _Formats(book)
    sheet, line = None, 0
    for row in rows:
        if sheet is None or line > SHEET:
            _finish(sheet, titles, line)
            sheet, line = _new_sheet(book, titles, formats), 1
        for column, cell in enumerate(row):
            if isinstance(cell, datetime):
                sheet.write_datetime(line, column, cell, formats.moment)
            elif isinstance(cell, int):
                sheet.write_number(line, column, cell)
            elif cell:
                sheet.write_string(line, column, cell, formats.of(column))
        line += 1
    _finish(sheet or _new_sheet(book, titles, formats), titles, line)


class _Formats:
    """How cells are shown. Phone numbers are text, and stay text when a cell is edited."""

    def __init__(self, book: Any) -> None:
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.bold = book.add_format({"bold": True})
        self._text = book.add_format({"num_format": 49})  # the built-in "Text"

    def of(self, column: int) -> Any:
        """Return the format of a column."""
        return self._text if column == NUMBER_COLUMN else None


def _new_sheet(book: Any, titles: list[str], formats: _Formats) -> Any:
    """Add a sheet with its headings."""
    number = len(book.worksheets()) + 1
    name = _("Requests")
    sheet = book.add_worksheet(name if number == 1 else f"{name} {number}")
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(titles) - 1, 18)
    for column, title in enumerate(titles):
        sheet.write_string(0, column, title, formats.bold)
    return sheet


def _finish(sheet: Any, titles: list[str], lines: int) -> None:
    """Add what depends on the number of lines of the sheet."""
    if sheet is None:
        return
    sheet.autofilter(0, 0, max(lines - 1, 0), len(titles) - 1)
    # Excel would otherwise flag each number: "number stored as text".
    letter = chr(ord("A") + NUMBER_COLUMN)
    sheet.ignore_errors({"number_stored_as_text": f"{letter}1:{letter}{max(lines, 1)}"})
