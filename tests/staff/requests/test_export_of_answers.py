"""An export has a column for each additional field of the widgets that it is about."""

import io
import zipfile

import pytest
from django.contrib.auth.models import User
from django.test import Client

from callbacks.models import Widget
from tests.support.extra_fields import CUSTOMER, NAME, ORDER, SUBJECT
from tests.support.factories import make_request, make_widget
from tests.support.staff.exports import EXPORT, export_csv
from tests.support.staff.pages import make_staff, signed_in

pytestmark = pytest.mark.django_db

HEADINGS = ["Order number", "Subject", "I am a customer", "Your name"]


@pytest.fixture
def exporter() -> User:
    return make_staff("exporter", "view_callrequest", "export_callrequest")


@pytest.fixture
def widget() -> Widget:
    widget = make_widget(extra_fields=[ORDER, SUBJECT | {"is_retired": True}, CUSTOMER, NAME])
    make_request(
        widget=widget,
        number="+33612345678",
        answers={"order": "=1+1 06 12 34 56 78", "subject": "repair", "customer": False},
        personal_answers='{"name": "=Jo"}',
    )
    return widget


def test_answers_are_in_words_and_no_formula(staff: Client, widget: Widget) -> None:
    make_request(widget=widget)
    empty, row = export_csv(staff)
    assert [row[name] for name in HEADINGS] == ["'=1+1 06 12 34 56 78", "A repair", "no", "'=Jo"]
    assert [empty[name] for name in HEADINGS] == ["", "", "", ""]
    assert list(row)[-4:] == HEADINGS


def test_personal_answers_are_masked_unless_the_person_may_see_them(
    exporter: User, widget: Widget
) -> None:
    (row,) = export_csv(signed_in(exporter))
    assert row["Your name"] == "•••"
    assert "06 12" not in row["Order number"]
    assert row["Subject"] == "A repair"


def test_fields_of_other_widgets_have_no_column_and_the_same_key_has_one(
    staff: Client, widget: Widget
) -> None:
    same = {"key": "order", "labels": {"en": "Reference"}}
    clash = {"key": "status", "labels": {"en": "Status"}}
    formula = {"key": "formula", "labels": {"en": "=1+1"}}
    other = make_widget(extra_fields=[same, clash, formula])
    make_widget(extra_fields=[SUBJECT | {"key": "unused", "labels": {"en": "Unused"}}])
    make_request(widget=other, answers={"order": "B-2", "status": "new"})
    newest, _oldest = export_csv(staff)
    assert list(newest)[-6:] == [*HEADINGS, "Status (status)", "'=1+1"]
    assert (newest["Order number"], newest["Status (status)"]) == ("B-2", "new")
    (alone,) = export_csv(staff, f"widget__id__exact={other.pk}")
    assert list(alone)[-3:] == ["Reference", "Status (status)", "'=1+1"]


def test_a_spreadsheet_has_them_too(staff: Client, widget: Widget) -> None:
    answer = staff.post(EXPORT, {"format": "xlsx"})
    book = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    text = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
    assert "Order number" in text
    assert "A repair" in text
