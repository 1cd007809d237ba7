"""What the call service reported about calls: in the list, the history, the figures and a file."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from callbacks.core import clock
from callbacks.models import CallOutcome, CallRequest, RefusedReport, Status
from tests.support.factories import make_request
from tests.support.samples.hostile import HOSTILE
from tests.support.staff.exports import export_csv
from tests.support.staff.pages import make_staff, signed_in

pytestmark = pytest.mark.django_db

LIST = reverse("admin:callbacks_calloutcome_changelist")
REQUESTS = reverse("admin:callbacks_callrequest_changelist")


@pytest.fixture(autouse=True)
def _receives_reports(settings: Any) -> None:
    settings.UHLIVE_WEBHOOK_SECRET = "the passphrase"


def reported(row: CallRequest | None, key: str = "1", **fields: Any) -> CallOutcome:
    usual = {"status": "qualified", "duration": 42.0, "tags": ["meeting"], "service_id": f"c-{key}"}
    return CallOutcome.objects.create(
        key=key, call_request=row, received_at=clock.now(), **usual | fields
    )


def test_the_history_of_a_request_tells_its_outcome(staff: Client) -> None:
    row = make_request(status=Status.CALLED)
    reported(row, tags=["<b>hot</b>"], campaign="spring")
    page = staff.get(reverse("admin:callbacks_callrequest_change", args=[row.pk])).content.decode()
    assert "Outcome of the call: Qualified" in page
    assert "&lt;b&gt;hot&lt;/b&gt;" in page
    assert "<b>hot" not in page
    assert "spring" in page


def test_the_services_words_cannot_turn_a_page(staff: Client) -> None:
    """U+202E shows the text after it backwards, and a line separator hides what stands after it."""
    row = make_request(status=Status.CALLED)
    fields: dict[str, Any] = {
        "status": "deifi\u202elauq",
        "tags": ["ton\u2067"],
        "campaign": "\u2028up",
    }
    reported(row, service_id="\u200fc-1", **fields)
    pages = [reverse("admin:callbacks_callrequest_change", args=[row.pk]), REQUESTS, LIST]
    shown = [staff.get(page).content.decode() for page in pages]
    shown.append(str(export_csv(staff)))
    for page in shown:
        assert not set(page) & set("\u202e\u2067\u2028\u200f")
        assert "deifi[U+202E]lauq" in page
    assert "[U+2028]up" in shown[0]
    assert "[U+200F]c-1" in shown[0]
    assert "ton[U+2067]" in shown[2]


@pytest.mark.parametrize("year", [1, 9999])
def test_an_impossible_time_of_a_report_breaks_no_page(staff: Client, year: int) -> None:
    row = make_request(status=Status.CALLED)
    at = datetime(year, 12 if year > 1 else 1, 31 if year > 1 else 1, 23, 59, tzinfo=UTC)
    reported(row, reported_at=at)
    page = staff.get(reverse("admin:callbacks_callrequest_change", args=[row.pk]))
    assert f"The report gives an impossible time, in the year {year}." in page.content.decode()


def test_the_list_shows_the_latest_outcome_of_each_request(staff: Client, settings: Any) -> None:
    rows = [make_request(status=Status.CALLED) for _ in range(3)]
    for row in rows:
        reported(row, key=f"old {row.pk}", status="qualified")
        reported(row, key=f"new {row.pk}", status="void")
    staff.get(REQUESTS)
    page = staff.get(REQUESTS).content.decode()
    assert page.count("Void") == 3
    assert "Qualified" not in page
    settings.UHLIVE_WEBHOOK_SECRET = ""
    assert "Void" not in staff.get(REQUESTS).content.decode()


def test_the_export_tells_the_outcome(staff: Client) -> None:
    reported(make_request(status=Status.CALLED), tags=["meeting", "hot"])
    [row] = export_csv(staff)
    assert row["Outcome of the call"] == "Qualified (meeting, hot)"


def test_the_overview_counts_outcomes(staff: Client, settings: Any) -> None:
    row = make_request(status=Status.CALLED)
    for number in range(3):
        reported(row, key=f"{number}")
    reported(None, key="void", status="void")
    page = staff.get(reverse("admin:index"))
    lines = {line.title: [cell.value for cell in line.cells] for line in page.context["rows"]}
    assert lines["Outcome: qualified"] == ["3", "3"]
    assert lines["Outcome: void"] == ["1", "1"]
    page = staff.get(reverse("admin:index"), {"widget": row.widget.pk})
    lines = {line.title: [cell.value for cell in line.cells] for line in page.context["rows"]}
    assert lines["Outcome: void"] == ["0", "0"]
    settings.UHLIVE_WEBHOOK_SECRET = ""
    assert "Outcome: void" not in staff.get(reverse("admin:index")).content.decode()


def test_the_list_of_outcomes_shows_those_without_a_request_too(staff: Client) -> None:
    row = make_request(status=Status.CALLED)
    reported(row)
    reported(None, key="2", status="odd")
    RefusedReport.objects.create(hour=clock.now(), count=7)
    page = staff.get(LIST).content.decode()
    assert str(row) in page
    assert "No request matches" in page
    assert "odd" in page
    assert "7 reports with a wrong signature in the last 30 days" in page
    alone = staff.get(LIST, {"call_request__isempty": "1"}).content.decode()
    assert "No request matches" in alone
    assert str(row) not in alone


def test_nobody_writes_it_and_only_who_sees_requests_reads_it(staff: Client) -> None:
    row = reported(None)
    for name, arguments in (("add", []), ("change", [row.pk]), ("delete", [row.pk])):
        staff.post(reverse(f"admin:callbacks_calloutcome_{name}", args=arguments), {"post": "yes"})
    assert list(CallOutcome.objects.all()) == [row]
    assert signed_in(make_staff("agent", "view_callrequest")).get(LIST).status_code == 200
    assert signed_in(make_staff("eye", "view_refusal")).get(LIST).status_code == 403


def test_the_menu_names_it_where_reports_are_received(staff: Client, settings: Any) -> None:
    assert LIST in staff.get(reverse("admin:index")).content.decode()
    settings.UHLIVE_WEBHOOK_SECRET = ""
    assert LIST not in staff.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize("value", HOSTILE)
def test_nothing_hostile_breaks_the_list(staff: Client, value: str) -> None:
    for parameter in ("q", "status__exact", "call_request__isempty", "received_at_from", "o"):
        assert staff.get(LIST, {parameter: value}, follow=True).status_code in {200, 400}
