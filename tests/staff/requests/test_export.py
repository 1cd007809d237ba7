"""The list as a file: whom it is given to, what stands in it, and that it is written in pieces."""

import csv
import io
import re
import xml.etree.ElementTree as ET
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from callbacks.core import clock
from callbacks.models import AuditEntry, CallRequest, Status
from callbacks.staff.common.unmasking import Veil
from callbacks.staff.requests import export
from tests.staff.staff import make_staff, signed_in
from tests.support.factories import make_request, make_widget

pytestmark = pytest.mark.django_db

EXPORT = reverse("admin:callbacks_callrequest_export")
MAY_EXPORT = ("view_callrequest", "export_callrequest")


def rows_of(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=text[text.index('"', 1) + 1]))


def export_csv(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.post(f"{EXPORT}?{query}", {"format": "csv"})
    assert answer.status_code == 200
    return rows_of(answer)


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
        utm={"utm_term": "06 12 34 56 78"},
    )
    masked = str(export_csv(signed_in(exporter)))
    for personal in ("612345678", "06 12 34 56 78", "jean@example.fr"):
        assert personal not in masked
    (row,) = export_csv(staff)
    assert row["Number"] == "'+33612345678"
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


def test_it_is_posted_and_the_format_known(staff: Client) -> None:
    assert staff.get(EXPORT).status_code == 405
    assert staff.post(EXPORT, {"format": "exe"}).status_code == 400
    assert staff.post(EXPORT).status_code == 400
    assert not AuditEntry.objects.filter(action="requests.export").exists()


def test_only_what_the_filters_show_is_exported(staff: Client) -> None:
    failed = make_request(status=Status.FAILED)
    make_request()
    assert [row["Request"] for row in export_csv(staff, "status__exact=failed")] == [str(failed.pk)]
    reference = f"q=number:{failed.pk}"
    assert [row["Request"] for row in export_csv(staff, reference)] == [str(failed.pk)]
    assert export_csv(staff, "status__exact=calling") == []


def test_the_trail_says_who_exported_what(staff: Client, chief: User, exporter: User) -> None:
    make_request(number="+33612345678")
    export_csv(staff, "status__exact=queued")
    export_csv(signed_in(exporter))
    first, second = AuditEntry.objects.filter(action="requests.export").order_by("pk")
    assert (first.person, first.about) == (chief, "csv")
    assert first.detail == "unmasked status__exact=queued"
    assert second.detail == "masked"


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
        utm={text: "x"},
        email="=cmd|' /C calc'!A0@example.fr",
        widget=make_widget(name=text),
    )
    answer = staff.post(EXPORT, {"format": "csv"})
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(content, newline="")):
        for cell in row:
            assert not cell.lstrip(" \N{NO-BREAK SPACE}").startswith(
                ("=", "+", "-", "@", "\t", "\r", "\n", "＝")
            ), repr(cell)
    (row,) = export_csv(staff)
    assert row["Widget"].startswith("'")
    assert row["Widget"].replace("'", "") == text


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("between", [";", ",", "\t", "\n", "\r\n", '";', "; "])
def test_no_part_of_a_cell_is_a_formula_behind_any_separator(
    staff: Client, between: str, language: str
) -> None:
    make_request(page_title=f"Offre{between}=1+1{between}x")
    answer = staff.post(EXPORT, {"format": "csv"}, headers={"accept-language": language})
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    # As somebody's spreadsheet may cut it who was told of another separator, or of no quotes.
    for part in re.split(r"[;,\t\r\n\"]", content):
        assert not part.lstrip().startswith("=")
    separator = ";" if language == "fr" else ","
    heading, row = csv.reader(io.StringIO(content, newline=""), delimiter=separator)
    assert len(heading) == len(row) == len(export.heading())


def test_ordinary_text_is_left_as_it_is() -> None:
    for text in ("Boutique", "https://www.example.fr/?a=1", "06 12", "", "l'été", "a=b"):
        assert export.neutral(text) == text


def test_a_spreadsheet_has_text_as_text_and_numbers_as_numbers(staff: Client) -> None:
    request = make_request(page_title="=1+1", number="+33612345678")
    answer = staff.post(EXPORT, {"format": "xlsx"})
    assert answer["Content-Disposition"].endswith('.xlsx"')
    file = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    sheet = ET.fromstring(file.read("xl/worksheets/sheet1.xml"))
    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    assert sheet.findall(".//m:f", space) == []
    cells = {cell.get("r"): cell for cell in sheet.findall(".//m:c", space)}
    assert cells["A2"].findtext("m:v", namespaces=space) == str(request.pk)
    texts = ["".join(cell.itertext()) for cell in cells.values()]
    assert "'=1+1" in texts
    assert "'+33612345678" in texts


def test_an_empty_list_has_its_heading(staff: Client) -> None:
    answer = staff.post(f"{EXPORT}?status__exact=calling", {"format": "xlsx"})
    assert zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).testzip() is None


def test_each_request_is_there_once_also_of_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PAGE", 3)
    now, widget = clock.now(), make_widget()
    made = [make_request(created_at=now, widget=widget) for _ in range(7)]
    made += [
        make_request(created_at=now - timedelta(seconds=n), widget=widget) for n in range(1, 5)
    ]
    found = [request for page in export.pages(CallRequest.objects.all()) for request in page]
    assert len(found) == len(set(found)) == 11
    assert found == sorted(made, key=lambda one: (one.created_at, one.pk), reverse=True)


def test_it_is_read_and_sent_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PAGE", 2)
    widget = make_widget()
    for _ in range(6):
        make_request(widget=widget)
    pieces = export.as_csv(CallRequest.objects.all(), Veil(), "en")
    with CaptureQueriesContext(connection) as queries:
        assert next(pieces).startswith(export.UTF8_MARK.encode())
        assert len(queries) == 0  # the heading goes out before anything is read
        assert next(pieces).count(b"\r\n") == 2
        assert len(queries) == 1
        rest = list(pieces)
    assert len(rest) == 2
    assert all("LIMIT 2" in query["sql"] for query in queries.captured_queries)


def test_it_speaks_the_persons_language(staff: Client) -> None:
    make_request(status=Status.FAILED)
    french = Client(headers={"accept-language": "fr"})
    french.cookies = staff.cookies
    (row,) = export_csv(french)
    assert row["Demandé"]
