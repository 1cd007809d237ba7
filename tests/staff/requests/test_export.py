"""The list as a file: whom it is given to, what stands in it, and that it is written in pieces."""

import csv
import io
import re
import xml.etree.ElementTree as ET
import zipfile
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from callbacks.core import clock
from callbacks.lifecycle import actions
from callbacks.models import Attempt, AuditEntry, CallRequest, Outcome, Status
from callbacks.staff.common.unmasking import Masking
from callbacks.staff.requests.export import csv_file, xlsx_file
from callbacks.staff.requests.export import rows as export_rows
from tests.support.factories import make_request, make_widget
from tests.support.staff.exports import EXPORT, export_csv
from tests.support.staff.pages import make_staff, signed_in

pytestmark = pytest.mark.django_db

MAY_EXPORT = ("view_callrequest", "export_callrequest")


@pytest.fixture
def exporter() -> User:
    return make_staff("exporter", *MAY_EXPORT)


def test_numbers_and_emails_are_masked_unless_the_person_may_see_them(
    exporter: User, staff: Client
) -> None:
    make_request(
        number="+33612345678",
        email="jean@example.fr",
        page_url="https://www.example.fr/?utm_term=jean@example.fr",
        campaign={"utm_term": "06 12 34 56 78"},
    )
    masked = str(export_csv(signed_in(exporter)))
    for personal in ("612345678", "06 12 34 56 78", "jean@example.fr"):
        assert personal not in masked
    (row,) = export_csv(staff)
    assert row["Number"] == "+33612345678"
    assert row["Email"] == "jean@example.fr"


def test_who_may_not_export_gets_nothing() -> None:
    make_request()
    looks = signed_in(make_staff("looks", "view_callrequest"))
    assert looks.post(EXPORT, {"format": "csv"}).status_code == 403
    assert EXPORT not in looks.get(reverse("admin:callbacks_callrequest_changelist")).text
    # The right to export is of no use without the right to see.
    blind = signed_in(make_staff("blind", "export_callrequest"))
    assert blind.post(EXPORT, {"format": "csv"}).status_code == 403
    assert not AuditEntry.objects.filter(action="requests.export").exists()


def test_an_export_is_posted_and_in_a_known_format(staff: Client) -> None:
    assert staff.get(EXPORT).status_code == 405
    assert staff.post(EXPORT, {"format": "exe"}).status_code == 400
    assert staff.post(EXPORT).status_code == 400
    assert not AuditEntry.objects.filter(action="requests.export").exists()


def test_only_what_the_filters_show_is_exported(staff: Client) -> None:
    failed = make_request(status=Status.FAILED)
    make_request()
    found = [row["Request"] for row in export_csv(staff, "status__exact=failed")]
    assert found == [failed.public_id]
    reference = f"q=number:{failed.pk}"
    assert [row["Request"] for row in export_csv(staff, reference)] == [failed.public_id]
    assert export_csv(staff, "status__exact=calling") == []


def test_the_trail_says_who_exported_what(staff: Client, chief: User, exporter: User) -> None:
    make_request(number="+33612345678")
    export_csv(staff, "status__exact=queued")
    export_csv(signed_in(exporter))
    first, second = AuditEntry.objects.filter(action="requests.export").order_by("pk")
    assert first.person == chief
    assert first.facts == {"format": "csv", "masked": False, "filter": "status__exact=queued"}
    assert second.facts == {"format": "csv", "masked": True, "filter": ""}


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1+1",
        "\r=1+1",
        "\n=1",
        " =1+1",
        "\N{NO-BREAK SPACE}=1",
        "＝1+1",
    ],
)
def test_no_cell_is_a_formula(staff: Client, text: str) -> None:
    make_request(
        page_title=text,
        referrer=text,
        campaign={text: "x"},
        email="=cmd|' /C calc'!A0@example.fr",
        widget=make_widget(name=text),
    )
    answer = staff.post(EXPORT, {"format": "csv"})
    content = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    heading, *rows = csv.reader(io.StringIO(content, newline=""))
    assert heading[export_rows.NUMBER_COLUMN] == "Number"
    for row in rows:
        number = row.pop(export_rows.NUMBER_COLUMN)
        assert re.fullmatch(r"\+[0-9]+", number)
        for cell in row:
            assert not cell.lstrip(" \N{NO-BREAK SPACE}").startswith(
                ("=", "+", "-", "@", "\t", "\r", "\n", "＝")
            ), repr(cell)
    (row,) = export_csv(staff)  # type: ignore[assignment]
    assert row["Widget"].startswith("'")  # type: ignore[call-overload]
    assert row["Widget"].replace("'", "") == text  # type: ignore[call-overload]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("between", [";", ",", "\t", "\n", "\r\n", '";', "; "])
def test_no_part_of_a_cell_is_a_formula_behind_any_separator(
    staff: Client, between: str, language: str
) -> None:
    make_request(page_title=f"Offre{between}=1+1{between}x")
    answer = staff.post(EXPORT, {"format": "csv"}, headers={"accept-language": language})
    content = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    # As somebody's spreadsheet may cut it who was told of another separator, or of no quotes.
    for part in re.split(r"[;,\t\r\n\"]", content):
        assert not part.lstrip().startswith("=")
    separator = ";" if language == "fr" else ","
    heading, row = csv.reader(io.StringIO(content, newline=""), delimiter=separator)
    assert len(heading) == len(row) == len(export_rows.heading())


def test_ordinary_text_is_left_as_it_is() -> None:
    for text in ("Boutique", "https://www.example.fr/?a=1", "06 12", "", "l'été", "a=b"):
        assert export_rows.neutral(text) == text


def test_what_is_stored_in_the_place_of_a_number_is_no_formula_either(staff: Client) -> None:
    call_request = make_request()
    CallRequest.objects.filter(pk=call_request.pk).update(number="+1+cmd|' /C calc'!A0")
    (row,) = export_csv(staff)
    assert row["Number"].startswith("'")


SPREADSHEET = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def workbook(client: Client, query: str = "") -> zipfile.ZipFile:
    answer = client.post(f"{EXPORT}?{query}", {"format": "xlsx"})
    assert answer["Content-Disposition"].endswith('.xlsx"')
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]


def part(book: zipfile.ZipFile, name: str) -> ET.Element:
    return ET.fromstring(book.read(f"xl/{name}.xml"))


def cells_of(book: zipfile.ZipFile) -> dict[str, ET.Element]:
    found = part(book, "worksheets/sheet1").findall(".//m:c", SPREADSHEET)
    return {cell.attrib["r"]: cell for cell in found}


def test_a_spreadsheet_has_text_as_text_and_numbers_as_numbers(staff: Client) -> None:
    call_request = make_request(page_title="=1+1", number="+33612345678", attempts_made=3)
    book = workbook(staff)
    assert part(book, "worksheets/sheet1").findall(".//m:f", SPREADSHEET) == []
    cells = cells_of(book)
    assert "".join(cells["A2"].itertext()) == call_request.public_id
    assert cells["M2"].findtext("m:v", namespaces=SPREADSHEET) == "3"
    assert "'=1+1" in ["".join(cell.itertext()) for cell in cells.values()]


def test_a_spreadsheet_holds_the_number_as_text_that_can_be_dialled(staff: Client) -> None:
    make_request(number="+33612345678")
    book = workbook(staff)
    cell = cells_of(book)["E2"]
    assert "".join(cell.itertext()) == "+33612345678"
    assert cell.attrib["t"] == "inlineStr"
    # Format 49 is Excel's "text": what is typed into the cell stays text.
    styles = part(book, "styles").findall("m:cellXfs/m:xf", SPREADSHEET)
    assert styles[int(cell.attrib["s"])].attrib["numFmtId"] == "49"
    ignored = part(book, "worksheets/sheet1").find(".//m:ignoredError", SPREADSHEET)
    assert ignored is not None
    assert ignored.attrib == {"sqref": "E1:E2", "numberStoredAsText": "1"}


def test_a_spreadsheet_is_ready_to_be_filtered(staff: Client) -> None:
    for _ in range(3):
        make_request()
    book = workbook(staff)
    sheet = part(book, "worksheets/sheet1")
    last = chr(ord("A") + len(export_rows.heading()) - 1)
    filtered = sheet.find("m:autoFilter", SPREADSHEET)
    assert filtered is not None
    assert filtered.attrib["ref"] == f"A1:{last}4"
    pane = sheet.find(".//m:pane", SPREADSHEET)
    assert pane is not None
    assert (pane.attrib["ySplit"], pane.attrib["state"]) == ("1", "frozen")
    (named,) = part(book, "workbook").findall(".//m:sheet", SPREADSHEET)
    assert named.attrib["name"] == "Requests"


def test_more_than_a_sheet_holds_goes_on_a_second_one(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx_file, "SHEET", 2)
    for _ in range(3):
        make_request()
    book = workbook(staff)
    named = part(book, "workbook").findall(".//m:sheet", SPREADSHEET)
    assert [one.attrib["name"] for one in named] == ["Requests", "Requests 2"]
    refs = [
        part(book, f"worksheets/sheet{number}").find("m:autoFilter", SPREADSHEET)
        for number in (1, 2)
    ]
    assert [ref.attrib["ref"][-1] for ref in refs if ref is not None] == ["3", "2"]


def test_an_export_says_when_the_call_took_place_what_came_of_it_and_what_staff_wrote(
    staff: Client, chief: User
) -> None:
    asked = clock.now() - timedelta(hours=1)
    called = make_request(
        status=Status.CALLED,
        created_at=asked,
        status_at=asked + timedelta(seconds=65),
        attempts_made=1,
        number="+33612345678",
    )
    Attempt.objects.create(
        call_request=called,
        widget=called.widget,
        number=1,
        started_at=asked,
        deadline_at=asked,
        worker="w",
        service="s",
        outcome=Outcome.UNKNOWN,
        code="timeout",
    )
    actions.add_note(called, chief, "Rings\nat =1+1 06 12 34 56 78")
    failed = make_request(status=Status.FAILED, created_at=asked - timedelta(hours=1))
    actions.close(failed, chief, note="Wrote to them")
    for row in (export_csv(staff)[0], dict(zip(*sheet_rows(workbook(staff))[:2], strict=True))):
        assert row["Called at"]
        assert row["Outcome of the last attempt"] == "Sent, result unknown (timeout)"
        assert "chief: Rings at =1+1 06 12 34 56 78" in row["Notes"]
    row = export_csv(staff)[1]
    assert (row["Called at"], row["Outcome of the last attempt"]) == ("", "")
    assert row["Notes"].endswith("chief: Wrote to them")
    masked = export_csv(signed_in(make_staff("exporter", *MAY_EXPORT)))[0]
    assert "chief: Rings at =1+1 0•••" in masked["Notes"]


def sheet_rows(book: zipfile.ZipFile) -> list[list[str]]:
    """The rows of the first sheet as text; an empty cell is an empty text."""
    rows: list[list[str]] = []
    for row in part(book, "worksheets/sheet1").findall(".//m:row", SPREADSHEET):
        texts = [""] * len(export_rows.heading())
        for cell in row.findall("m:c", SPREADSHEET):
            texts[ord(cell.attrib["r"][0]) - ord("A")] = "".join(cell.itertext())
        rows.append(texts)
    return rows


def test_an_empty_list_has_its_heading(staff: Client) -> None:
    answer = staff.post(f"{EXPORT}?status__exact=calling", {"format": "xlsx"})
    assert zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).testzip() is None  # type: ignore[attr-defined]


def test_each_request_is_there_once_also_of_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_rows, "PAGE", 3)
    now, widget = clock.now(), make_widget()
    made = [make_request(created_at=now, widget=widget) for _ in range(7)]
    made += [
        make_request(created_at=now - timedelta(seconds=n), widget=widget) for n in range(1, 5)
    ]
    found = [
        call_request
        for page in export_rows.pages(CallRequest.objects.all())
        for call_request in page
    ]
    assert len(found) == len(set(found)) == 11
    assert found == sorted(made, key=lambda one: (one.created_at, one.pk), reverse=True)


def test_an_export_is_read_and_sent_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_rows, "PAGE", 2)
    widget = make_widget()
    for _ in range(6):
        make_request(widget=widget)
    pieces = csv_file.as_csv(CallRequest.objects.all(), Masking(), "en")
    with CaptureQueriesContext(connection) as queries:
        assert next(pieces).startswith(csv_file.UTF8_MARK.encode())
        # The additional fields of the widgets: no request is read before the heading goes out.
        assert len(queries) == 1
        assert next(pieces).count(b"\r\n") == 2
        # The page, and once for all of it: attempts, outcomes, notes, proofs by a system, and what
        # was written with an action.
        assert len(queries) == 7
        rest = list(pieces)
    assert len(rest) == 2
    pages = [one["sql"] for one in queries.captured_queries if "callrequest" in one["sql"].lower()]
    of_rows = [sql for sql in pages if "INNER JOIN" in sql]
    assert of_rows
    assert all("LIMIT 2" in sql for sql in of_rows)


def test_an_export_speaks_the_persons_language(staff: Client) -> None:
    make_request(status=Status.FAILED)
    french = Client(headers={"accept-language": "fr"})
    french.cookies = staff.cookies
    (row,) = export_csv(french)
    assert row["Date de la demande"]
