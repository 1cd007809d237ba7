"""Opening hours in a widget's form: typed, checked, stored as text, and shown again."""

import re
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import translation
from hypothesis import assume, given

from callbacks.core import clock
from callbacks.hours import hours_syntax
from callbacks.hours.opening_hours import OpeningHours, PublicHolidays
from callbacks.models import AuditEntry, Widget
from callbacks.scheduling import open_periods
from callbacks.staff.widgets.hours import typed_hours
from callbacks.staff.widgets.hours.reading import Reading
from callbacks.staff.widgets.hours.typed_hours import TypedHours
from tests.support.factories import make_widget
from tests.support.hours.generated import opening_hours
from tests.support.staff.widget_form import filled_in, hours, special

pytestmark = pytest.mark.django_db

ADD = reverse("admin:callbacks_widget_add")
TRAIL = reverse("admin:callbacks_auditentry_changelist")
NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)  # a Tuesday
OFFICE = "09:00-12:00 14:00-18:00"
WEEK = hours(**dict.fromkeys(("mo", "tu", "we", "th", "fr"), OFFICE))


def change_url(widget: Widget) -> str:
    return reverse("admin:callbacks_widget_change", args=[widget.pk])


def saved(client: Client, fields: dict[str, Any], widget: Widget | None = None) -> Widget:
    """Send the form, and return the widget."""
    answer = client.post(change_url(widget) if widget else ADD, filled_in(**fields))
    assert answer.status_code == 302, sentences(answer.text)
    return Widget.objects.get()


def sentences(html: str) -> list[str]:
    """Return what the page says beside the days."""
    found = re.findall(r'<p id="(?:hours-)?problem[^>]*>(.*?)</p>', html, re.S)
    return [unescape(text).strip() for text in found]


def fields_of(html: str) -> QueryDict:
    """Return the fields of the page's editor, as a browser sends them."""
    sent = QueryDict(mutable=True)
    editor = re.sub(r"<template.*?</template>", "", html, flags=re.S)
    for tag in re.findall(r"<input [^>]*>", editor):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        name = given.get("name", "")
        is_left_out = given.get("type") in {"radio", "checkbox"} and " checked" not in tag
        if name.startswith(("opening_hours-", "holidays_off")) and not is_left_out:
            sent.appendlist(name, unescape(given.get("value", "on")))
    return sent


# -- typed and stored -------------------------------------------------------------------------
def test_a_week_is_stored_with_its_open_periods(staff: Client) -> None:
    fields = WEEK | hours(fr="9h-12h 22-2") | {"time_zone": "Indian/Reunion"}
    widget = saved(staff, fields)
    assert widget.opening_hours == "Mo-Th 09:00-12:00,14:00-18:00; Fr 09:00-12:00,22:00-02:00"
    assert widget.has_hours
    assert widget.time_zone == "Indian/Reunion"
    first = widget.open_periods.order_by("starts_at").first()
    assert first
    assert first.starts_at.hour == 5  # 9:00 on Réunion


def test_always_open_leaves_no_hours(staff: Client) -> None:
    widget = saved(staff, WEEK)
    assert widget.open_periods.exists()
    widget = saved(staff, WEEK | {"opening_hours-mode": "always"}, widget)
    assert (widget.opening_hours, widget.has_hours) == ("", False)
    assert not widget.open_periods.exists()


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("9-12", "09:00-12:00"),
        ("9h30-12h", "09:30-12:00"),
        ("9 h 30-12 h", "09:30-12:00"),
        ("0930-1200", "09:30-12:00"),
        ("9.30-12.00", "09:30-12:00"),
        ("14:00-18:00,09:00-12:00", "09:00-12:00,14:00-18:00"),
        ("09:00-12:00,12:00-14:00", "09:00-14:00"),
        ("22:00-02:00", "22:00-02:00"),
        ("22:00-26:00", "22:00-02:00"),
        ("14:00-34:00", "14:00-34:00"),
        ("09:00-00:00", "09:00-24:00"),
        ("00:00-24:00", "00:00-24:00"),
        ("00:00-00:00", "00:00-24:00"),
        ("-,09:00-12:00,-", "09:00-12:00"),
    ],
)
def test_times_are_understood_as_people_write_them(staff: Client, typed: str, stored: str) -> None:
    pairs = [period.split("-") for period in typed.split(",")]
    fields = {
        "opening_hours-mode": "hours",
        "opening_hours-we-begin": [begin for begin, _ in pairs],
        "opening_hours-we-end": [end for _, end in pairs],
    }
    assert saved(staff, fields).opening_hours == f"We {stored}"


def test_special_days_and_public_holidays_are_stored(staff: Client) -> None:
    fields = (
        WEEK
        | special(0, "09:00-12:00", first="2026-12-24", yearly="1", name='Réveillon "court"')
        | special(4, first="2027-08-01", last="2027-08-15")
        | {"opening_hours-special": ["0", "4", "7"]}
        | {"holidays": "FR-57", "holidays_off-of": ""}
    )
    widget = saved(staff, fields)
    assert widget.opening_hours == (
        "Mo-Fr 09:00-12:00,14:00-18:00; PH off; "
        'Dec 24 09:00-12:00 "Réveillon ”court”"; 2027 Aug 01-15 off'
    )
    assert (widget.holidays, widget.holidays_off) == ("FR-57", [])


def test_a_public_holiday_that_is_not_ticked_is_an_ordinary_day(staff: Client) -> None:
    with clock.set_to(NOW):
        widget = saved(staff, WEEK | {"holidays": "FR"})
        html = staff.get(change_url(widget)).text
        boxes = re.findall(r'name="holidays_off" value="([^"]+)" checked', html)
        assert len(boxes) == 11
        ticked = [key for key in boxes if key != "assomption"]
        fields = WEEK | {"holidays": "FR", "holidays_off-of": "FR", "holidays_off": ticked}
        assert saved(staff, fields, widget).holidays_off == ["assomption"]
        # The boxes are those of another place than the one that is chosen.
        assert saved(staff, fields | {"holidays": "FR-57"}, widget).holidays_off == []


def test_without_the_editor_nothing_changes(staff: Client) -> None:
    widget = saved(staff, WEEK)
    fields = {name: v for name, v in filled_in().items() if not name.startswith("opening_hours")}
    answer = staff.post(change_url(widget), fields)
    assert "Choose when calls are placed." in answer.text
    assert Widget.objects.get().opening_hours == widget.opening_hours


# -- what is wrong ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (hours(mo="09:00-12:00 11:00-14:00"), "Monday: 09:00–12:00 and 11:00–14:00 overlap."),
        (
            hours(tu="14:00-10:00"),
            "Tuesday: 14:00–10:00 ends before it begins. If it goes on until the next day, write "
            "the end as 34:00.",
        ),
        (hours(we="09:00-09:00"), "Wednesday: 09:00–09:00 ends before it begins."),
        (hours(th="nine-12:00"), "Thursday: “nine” is not a time."),
        (hours(fr="09:60-12:00"), "Friday: “09:60” is not a time."),
        (hours(fr="24:00-25:00"), "Friday: “24:00” is not a time."),
        (hours(fr="٩-12"), "Friday: “٩” is not a time."),
        (hours(sa="09:00-"), "Saturday: Enter both when it opens and when it closes."),
        (hours(sa="-12:00"), "Saturday: Enter both when it opens and when it closes."),
        (hours(), "It is never open."),
        (WEEK | {"holidays": "FR"} | hours(ph="x-12"), "Public holidays: “x” is not a time."),
        (
            WEEK | special(0, "9-8", name="Sale", first="2026-12-24"),
            "Sale: 09:00–08:00 ends before it begins.",
        ),
        (WEEK | special(0, name="Sale"), "Sale: Enter the first day."),
        (
            WEEK | special(0, first="2026-12-24", last="2026-12-23"),
            "2026-12-24: The last day comes before the first.",
        ),
        (WEEK | special(0, first="1999-12-24"), "1999-12-24: “1999-12-24” is not a date"),
        (WEEK | special(0, first="tomorrow"), "tomorrow: “tomorrow” is not a date"),
        (
            WEEK | special(0, first="2026-12-24", last="2027-12-20", yearly="1"),
            "2026-12-24: Days that come each year cannot last that long.",
        ),
        (WEEK | special(0, name="A\u202eB", first="2026-12-24"), "The name has characters"),
    ],
)
def test_what_is_wrong_is_said_beside_its_day(
    staff: Client, fields: dict[str, Any], sentence: str
) -> None:
    answer = staff.post(ADD, filled_in(**fields, **{"opening_hours-special": ["0"]}))
    assert answer.status_code == 200
    [said] = sentences(answer.text)
    assert said.startswith(sentence) or sentence in said
    assert "Opening hours</a> (1)" in answer.text
    assert not Widget.objects.exists()
    # What was typed stands there again.
    for value in re.findall(r"[0-9:a-z٩]+", str(fields.get("opening_hours-mo-begin", ""))):
        assert f'value="{value}"' in answer.text


def test_each_wrong_day_has_its_sentence(staff: Client) -> None:
    answer = staff.post(ADD, filled_in(**hours(mo="9-8", tu="9-12", su="x-1")))
    assert [text.split(":")[0] for text in sentences(answer.text)] == ["Monday", "Sunday"]


@pytest.mark.parametrize(
    "fields",
    [{"time_zone": "Europe/Atlantis"}, {"holidays": "ZZ"}, {"slot_minutes": "4"}],
)
def test_other_fields_are_checked(staff: Client, fields: dict[str, str]) -> None:
    assert staff.post(ADD, filled_in(**fields)).status_code == 200
    assert not Widget.objects.exists()


def test_hours_that_are_never_legal_for_sales_calls_are_told_beside_the_box(staff: Client) -> None:
    answer = staff.post(ADD, filled_in(**hours(sa="9-18"), sales_hours="on"))
    assert not Widget.objects.exists()
    assert "never within the legal hours" in answer.text
    assert answer.context["wrong_tabs"]


def test_an_old_name_of_a_time_zone_stays(staff: Client) -> None:
    widget = make_widget(time_zone="US/Eastern")
    assert '<option value="US/Eastern" selected>' in staff.get(change_url(widget)).text
    assert saved(staff, {"time_zone": "US/Eastern"}, widget).time_zone == "US/Eastern"


# -- shown again ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        "24/7",
        "24/7; PH off",
        "Mo-Fr 09:00-12:00,14:00-18:00; Dec 24 09:00-12:00; PH off",
        'Mo-Fr 09:00-18:00; PH 10:00-12:00 "Holiday"; 2026 Dec 24-2027 Jan 02 off',
        "22:00-02:00; Feb 29 14:00-34:00; Dec 24-Jan 02 off",
        'Mo 09:00-12:00; Aug 01-31 off "Summer – closed"; PH off; Dec 25 10:00-12:00',
    ],
)
def test_a_form_that_is_sent_as_it_is_shown_changes_nothing(staff: Client, text: str) -> None:
    place = "FR" if "PH" in text else ""
    widget = make_widget(opening_hours=text, has_hours=True, holidays=place)
    shown = fields_of(staff.get(change_url(widget)).text)
    answer = staff.post(
        change_url(widget), filled_in(holidays=place, **dict(shown.lists()), name=widget.name)
    )
    assert answer.status_code == 302, sentences(answer.text)
    widget.refresh_from_db()
    assert widget.opening_hours == text
    change = AuditEntry.objects.get(action="widget.change")
    assert "opening_hours" not in change.facts["changed"]
    assert "hours" not in change.facts


@given(hours=opening_hours())
def test_hours_are_read_back_as_they_are_shown(hours: OpeningHours) -> None:
    # Of several rules for public holidays, only the last one counts, and is shown.
    assume(sum(isinstance(special.days, PublicHolidays) for special in hours.special) < 2)
    text = hours_syntax.written(hours)
    shown = typed_hours.of_text(text, NOW.date())
    reading = Reading(shown)
    assert reading.text is not None, reading.sentences
    read = hours_syntax.read(reading.text)
    holidays = frozenset({date(2026, 12, 25), date(2027, 1, 1), date(2026, 8, 15)})
    days = [date(2026, month, day) for month in range(1, 13) for day in (1, 15, 24, 25, 28)]
    assert [read.of(day, holidays) for day in days] == [hours.of(day, holidays) for day in days]


def test_a_day_that_comes_each_year_is_shown_with_a_date_that_exists() -> None:
    shown = typed_hours.of_text("24/7; Feb 29 off; Feb off; Dec 24-Feb 29 off", NOW.date())
    assert [(days.first, days.last) for days in shown.special] == [
        ("2028-02-29", ""),
        ("2028-02-01", "2028-02-29"),
        ("2027-12-24", "2028-02-29"),
    ]


def test_hours_are_proposed_for_a_widget_that_has_none() -> None:
    shown = typed_hours.of_text("", NOW.date())
    assert shown.is_always
    proposed = Reading(TypedHours(is_always=False, week=shown.week)).text
    assert proposed == "Mo-Fr 09:00-12:00,14:00-18:00"


# -- the picture ------------------------------------------------------------------------------
def picture(client: Client, fields: dict[str, Any], language: str = "en") -> dict[str, str]:
    answer = client.post(
        reverse("admin:callbacks_widget_hours"),
        filled_in(**fields),
        headers={"accept-language": language},
    )
    assert answer.status_code == 200
    return dict(answer.json())


def words(html: str) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", html)).split())


def test_the_picture_shows_the_week_and_the_days_that_differ(staff: Client) -> None:
    fields = WEEK | hours(fr="20:00-02:00") | {"holidays": "FR"}
    fields |= special(0, "10:00-11:00", first="2026-12-24", yearly="1", name="Eve")
    fields |= {"opening_hours-special": ["0"]}
    with clock.set_to(NOW):
        html = picture(staff, fields)["picture"]
    text = words(html)
    assert "Monday 09:00–12:00, 14:00–18:00" in text
    assert "Friday 20:00–02:00" in text
    assert "Sunday closed" in text
    assert "Thursday 24 Dec. 2026: 10:00–11:00 Eve" in text
    assert "Friday 25 Dec. 2026: closed Christmas Day" in text
    assert "26 Dec." not in text
    # Friday until midnight, and what is left of it on Saturday morning.
    assert '<rect class="staff-bar-open" x="1200" width="240"' in html
    assert '<rect class="staff-bar-open" x="0" width="120"' in html


def test_the_picture_shows_the_legal_hours_of_sales_calls(staff: Client) -> None:
    html = picture(staff, hours(mo="09:00-19:00", sa="10:00-12:00") | {"sales_hours": "on"})
    legal = re.findall(r'staff-bar-legal" x="(\d+)" width="(\d+)"', html["picture"])
    assert legal == [("600", "180"), ("840", "300")]
    assert "numbers of mainland France" in words(html["picture"])


def test_the_picture_says_what_is_wrong_and_lists_the_holidays(staff: Client) -> None:
    with clock.set_to(NOW):
        answer = picture(staff, hours(mo="9-8") | {"holidays": "BE"}, "fr")
    assert "se termine avant de commencer" in words(answer["picture"])
    with clock.set_to(NOW):
        french = words(picture(staff, WEEK | {"holidays": "FR"}, "fr")["picture"])
    text = french.replace("\u00a0", " ")
    assert "Autres horaires des 3 mois à venir" in text
    assert "2026 : fermé Noël" in text
    assert "Fête nationale" in words(answer["holidays"])
    assert "Choisissez un pays" in words(picture(staff, WEEK, "fr")["holidays"])


# -- the audit log ----------------------------------------------------------------------------
def test_the_audit_log_says_in_words_what_changed(staff: Client) -> None:
    with clock.set_to(NOW):
        widget = saved(staff, WEEK | {"holidays": "FR"})
        fields = WEEK | hours(mo="09:00-13:00", sa="10:00-12:00")
        fields |= special(0, first="2026-12-24", yearly="1") | {"opening_hours-special": ["0"]}
        fields |= {"holidays": "FR", "holidays_off-of": "", "slot_minutes": "20"}
        fields |= {"slot_capacity": "", "waits_for_opening": "on", "when_closed": "message"}
        saved(staff, fields, widget)
    said = words(staff.get(TRAIL).text)
    for change in (
        "Monday: 09:00–12:00, 14:00–18:00 → 09:00–13:00",
        "Saturday: closed → 10:00–12:00",
        "added: December 24 each year: closed",
        "length of a time slot (minutes): 30 → 20",
        "calls per time slot: 1 → none",
        "call at the next opening: no → yes",
        "Offer times, and a call at the next opening → Show a message only",
    ):
        assert change in said, change
    french = words(staff.get(TRAIL, headers={"accept-language": "fr"}).text)
    assert "Samedi : fermé → 10:00–12:00" in french.replace("\u00a0", " ")


def test_the_audit_log_says_when_hours_begin_and_end(staff: Client) -> None:
    widget = saved(staff, {})
    saved(staff, hours(mo="09:00-12:00"), widget)
    saved(staff, {}, widget)
    said = words(staff.get(TRAIL).text)
    week = "Monday: 09:00–12:00; Tuesday to Sunday: closed"
    assert f"opening hours: at any time → {week}" in said
    assert f"opening hours: {week} → at any time" in said


def test_french_names_of_days_stand_in_the_french_editor(staff: Client) -> None:
    widget = make_widget(opening_hours="24/7", has_hours=True)
    html = staff.get(change_url(widget), headers={"accept-language": "fr"}).text
    assert "<legend>Lundi</legend>" in html
    with translation.override("fr"):
        assert Reading(typed_hours.of_data(QueryDict(""), "x")).sentences


def test_saving_a_widget_writes_rows_in_the_same_transaction(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = saved(staff, WEEK)

    def fail(*_arguments: Any) -> bool:
        raise RuntimeError("the rows cannot be written")

    monkeypatch.setattr(open_periods, "replace", fail)
    with pytest.raises(RuntimeError):
        staff.post(change_url(widget), filled_in(**hours(mo="10:00-11:00")))
    assert Widget.objects.get().opening_hours == widget.opening_hours
