"""The rows that say when a widget is open, and what is read from them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation
from structlog.testing import capture_logs

from callbacks.core import clock
from callbacks.hours import sales_hours
from callbacks.models import OpenPeriod, PeriodicJob, Widget
from callbacks.scheduling import open_periods, open_periods_job
from callbacks.widget_changes import widget_store
from callbacks.worker import housekeeping
from tests.support.concurrency import begin
from tests.support.factories import make_request, make_widget
from tests.support.hours.december import NOW, PARIS, TOWN_HALL, at, widget_with

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def rows(widget: Widget, zone: str = "") -> list[str]:
    """Return the rows in words, in the widget's time."""
    own = ZoneInfo(widget.time_zone)
    return [
        f"{row.starts_at.astimezone(own):%m-%d %H:%M}-{row.ends_at.astimezone(own):%H:%M}"
        for row in widget.open_periods.filter(zone=zone).order_by("starts_at")
    ]


# -- the rows ---------------------------------------------------------------------------------
def test_a_widget_with_hours_has_a_row_for_each_open_period():
    widget = widget_with(**TOWN_HALL)
    found = rows(widget)
    assert found[:4] == [
        "11-30 09:00-12:00",
        "11-30 14:00-18:00",
        "12-01 09:00-12:00",
        "12-01 14:00-18:00",
    ]
    assert [row for row in found if row[:5] in ("12-24", "12-25", "12-26", "12-28")] == [
        "12-24 09:00-12:00",
        "12-28 09:00-12:00",
        "12-28 14:00-18:00",
    ]


def test_the_rows_reach_sixty_days_beyond_the_last_day_that_can_be_chosen():
    widget = widget_with(opening_hours="09:00-10:00", days_ahead=14)
    last = date(2026, 12, 1) + timedelta(days=14 + 60)
    assert rows(widget)[-1] == f"{last:%m-%d} 09:00-10:00"
    assert widget.open_periods_until == datetime.combine(last + DAY, time(), PARIS)


def test_a_widget_without_hours_has_no_rows():
    widget = widget_with()
    assert (widget.has_hours, widget.open_periods_until, rows(widget)) == (False, None, [])


def test_changed_hours_write_only_the_rows_that_differ():
    widget = widget_with(**TOWN_HALL)
    before = dict(widget.open_periods.values_list("starts_at", "pk"))
    widget.opening_hours = "Mo-Fr 09:00-12:00,14:00-18:00; Sa 10:00-12:00; PH off"
    widget.full_clean()
    with clock.set_to(NOW):
        widget_store.save(widget)
    after = dict(widget.open_periods.values_list("starts_at", "pk"))
    assert all(after[start] == pk for start, pk in before.items())
    new = {start for start in after if start not in before}
    weekdays = {start.astimezone(PARIS).weekday() for start in new}
    # The afternoon of 24 December, which is no longer special, and the Saturdays.
    assert weekdays == {3, 5}
    open_periods.replace(widget, NOW)
    assert dict(widget.open_periods.values_list("starts_at", "pk")) == after


def test_hours_that_are_switched_off_leave_no_row():
    widget = widget_with(**TOWN_HALL)
    widget.opening_hours = widget.holidays = ""
    widget.full_clean()
    with clock.set_to(NOW):
        widget_store.save(widget)
    assert (widget.has_hours, widget.open_periods_until, rows(widget)) == (False, None, [])


def test_holidays_that_are_switched_off_are_ordinary_days():
    widget = widget_with(**TOWN_HALL, holidays_off=["noël"])
    assert "12-25 14:00-18:00" in rows(widget)
    assert not any(row.startswith("01-01") for row in rows(widget))


def test_hours_are_meant_in_the_time_zone_of_the_widget():
    widget = widget_with(opening_hours="09:00-10:00", time_zone="Indian/Reunion")
    first = widget.open_periods.order_by("starts_at")[0]
    assert first.starts_at == datetime(2026, 11, 29, 5, tzinfo=UTC)


def test_legal_hours_of_sales_calls_follow_the_time_zone_of_the_person_called():
    widget = widget_with(opening_hours="Mo-Fr 08:00-19:00", sales_hours=True)
    # The day in Paris is the night in Tahiti.
    zones = set(sales_hours.ZONES) - {"Pacific/Tahiti"}
    assert {row.zone for row in widget.open_periods.all()} == zones
    tuesday = {
        zone: [r for r in rows(widget, zone) if r[:5] == "12-01"] for zone in sales_hours.ZONES
    }
    assert tuesday["Europe/Paris"] == ["12-01 10:00-13:00", "12-01 14:00-19:00"]
    # Réunion is three hours ahead of Paris.
    assert tuesday["Indian/Reunion"] == ["12-01 08:00-10:00", "12-01 11:00-17:00"]
    assert tuesday["America/Martinique"] == ["12-01 15:00-18:00"]
    assert tuesday["Pacific/Noumea"] == ["12-01 08:00-10:00"]
    assert rows(widget, "") == []


def test_the_first_day_has_the_hours_of_those_for_whom_it_is_still_the_day_before():
    widget = widget_with(sales_hours=True)
    open_periods.replace(widget, at(4, 9))
    # The night before Wednesday 2 December in Paris is Tuesday afternoon in Tahiti.
    assert rows(widget, "Pacific/Tahiti")[0] == "12-02 01:00-07:00"


def test_the_last_day_has_the_hours_of_those_for_whom_it_is_already_the_day_after():
    widget = widget_with(sales_hours=True, time_zone="Pacific/Tahiti", days_ahead=13)
    # The evening of Thursday 11 February in Tahiti is Friday in New Caledonia.
    assert rows(widget, "Pacific/Noumea")[-1] == "02-11 17:00-23:00"


def test_legal_hours_of_sales_calls_alone_are_hours():
    widget = widget_with(sales_hours=True)
    assert widget.has_hours
    assert "12-01 14:00-20:00" in rows(widget, "Europe/Paris")
    assert not any(row.startswith("12-25") for row in rows(widget, "Europe/Paris"))


def test_the_zone_of_a_number_counts_only_for_sales_calls():
    sales, other = widget_with(sales_hours=True), widget_with(opening_hours="24/7")
    assert open_periods.zone_of(sales, "+262692123456") == "Indian/Reunion"
    assert open_periods.zone_of(other, "+262692123456") == ""


@pytest.mark.parametrize(
    ("regions", "zone"),
    [
        (["FR"], "Europe/Paris"),
        (["RE"], "Indian/Reunion"),
        (["GP", "BL", "MF"], "America/Guadeloupe"),
        (["RE", "YT"], "Europe/Paris"),
        (["FR", "RE"], "Europe/Paris"),
        (["BE"], "Europe/Paris"),
    ],
)
def test_an_unknown_number_is_in_the_only_zone_that_may_be_called_or_on_the_mainland(regions, zone):
    assert open_periods.zone_of(widget_with(sales_hours=True, allowed_regions=regions), "") == zone
    assert open_periods.zone_of(widget_with(**TOWN_HALL, allowed_regions=regions), "") == ""


def test_the_rows_of_two_widgets_do_not_meet():
    one, other = widget_with(opening_hours="09:00-10:00"), widget_with(opening_hours="11:00-12:00")
    one.delete()
    assert rows(other)[0] == "11-29 11:00-12:00"
    assert OpenPeriod.objects.count() == other.open_periods.count()


@pytest.mark.parametrize(
    "fields",
    [
        {"has_hours": True},
        {"opening_hours": "24/7"},
        {"sales_hours": True},
    ],
)
def test_the_database_refuses_a_widget_whose_hours_and_switch_disagree(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_widget(**fields)


# -- what is read -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("moment", "opens", "closes"),
    [
        (at(1, 8, 59), at(1, 9), at(1, 12)),
        (at(1, 9), at(1, 9), at(1, 12)),
        (at(1, 11, 59), at(1, 11, 59), at(1, 12)),
        (at(1, 12), at(1, 14), at(1, 18)),
        (at(4, 18), at(7, 9), at(7, 12)),
        (at(24, 12), at(28, 9), at(28, 12)),
    ],
)
def test_the_periods_ahead_begin_with_the_one_that_is_open_or_opens_next(moment, opens, closes):
    widget = widget_with(**TOWN_HALL)
    first, *_later = open_periods.ahead(widget, "", moment)
    assert (max(first[0], moment), first[1]) == (opens, closes)


def test_the_periods_between_two_moments_are_those_of_which_a_part_lies_there():
    widget = widget_with(**TOWN_HALL)
    morning, afternoon = (at(1, 9), at(1, 12)), (at(1, 14), at(1, 18))
    assert open_periods.between(widget, "", at(1, 11), at(1, 15)) == [morning, afternoon]
    assert open_periods.between(widget, "", at(1, 9), at(1, 14)) == [morning]
    assert open_periods.between(widget, "", at(1, 12), at(1, 14, 1)) == [afternoon]
    assert open_periods.between(widget, "", at(1, 12), at(1, 14)) == []


def test_a_widget_that_never_opens_again_has_no_periods_ahead():
    widget = widget_with(opening_hours="2026 Nov 30 09:00-12:00")
    assert open_periods.ahead(widget, "", NOW) == []


def test_the_periods_ahead_are_those_of_the_person_called():
    widget = widget_with(sales_hours=True)
    [(starts_at, ends_at), *_later] = open_periods.ahead(widget, "Indian/Reunion", at(1, 9, 55))
    assert (starts_at, ends_at) == (at(1, 7), at(1, 10))


# -- renewal ----------------------------------------------------------------------------------
def renew_at(moment: datetime) -> int:
    with clock.set_to(moment):
        return open_periods_job.renew(moment)


def test_the_rows_are_renewed_once_a_day():
    widget = widget_with(opening_hours="09:00-10:00")
    assert renew_at(NOW) == 0  # they end where they should
    last = rows(widget)[-1]
    assert renew_at(NOW + DAY - MINUTE) == 0
    assert renew_at(NOW + DAY) == 1
    assert rows(widget)[-1] > last
    widget.refresh_from_db()
    assert renew_at(NOW + DAY + HOUR) == 0
    assert widget.open_periods_until == open_periods.until_when(widget, NOW + DAY)


def test_housekeeping_renews_the_rows():
    widget = widget_with(opening_hours="09:00-10:00")
    for moment in (NOW, NOW + HOUR, NOW + DAY):
        with clock.set_to(moment):
            housekeeping.run_round()
    assert PeriodicJob.objects.get(name=open_periods_job.JOB).last_run_at == NOW + DAY
    last = date(2026, 12, 2) + timedelta(days=74)
    assert rows(widget)[-1] == f"{last:%m-%d} 09:00-10:00"


def test_the_widget_whose_rows_end_soonest_is_renewed_first(monkeypatch):
    monkeypatch.setattr(open_periods_job, "BATCH", 1)
    later, sooner, none = (widget_with(opening_hours="09:00-10:00") for _ in range(3))
    Widget.objects.filter(pk=sooner.pk).update(open_periods_until=NOW)
    Widget.objects.filter(pk=none.pk).update(open_periods_until=None)
    order = []
    replace = open_periods.replace
    monkeypatch.setattr(
        open_periods, "replace", lambda widget, now: order.append(widget.pk) or replace(widget, now)
    )
    for _ in range(4):  # a batch a round, in the same minute
        renew_at(NOW + DAY)
    assert order == [none.pk, sooner.pk, later.pk]


def test_rows_that_were_written_while_the_clock_was_ahead_are_renewed():
    widget = widget_with(opening_hours="09:00-10:00")
    open_periods.replace(widget, NOW + 30 * DAY)
    assert rows(widget)[0] == "12-29 09:00-10:00"
    assert renew_at(NOW) == 1
    assert rows(widget)[0] == "11-29 09:00-10:00"


def test_a_widget_that_cannot_be_renewed_stops_no_other():
    broken, other = (widget_with(opening_hours="09:00-10:00") for _ in range(2))
    Widget.objects.filter(pk=broken.pk).update(time_zone="Europe/Atlantis")
    with capture_logs() as logs:
        assert renew_at(NOW + DAY) == 1
    assert rows(other)[0] == "11-30 09:00-10:00"
    assert [entry["widget"] for entry in logs] == [broken.public_id]


def test_widgets_that_cannot_be_renewed_take_no_place_in_the_batch(monkeypatch):
    monkeypatch.setattr(open_periods_job, "BATCH", 1)
    broken, *others = (widget_with(opening_hours="09:00-10:00") for _ in range(3))
    Widget.objects.filter(pk=broken.pk).update(time_zone="Europe/Atlantis")
    assert [renew_at(NOW + DAY) for _ in range(4)] == [1, 1, 0, 0]
    assert [rows(other)[0] for other in others] == ["11-30 09:00-10:00"] * 2


def test_renewal_leaves_other_widgets_and_other_jobs_alone():
    widget_with()
    PeriodicJob.objects.create(name="another", until=NOW)
    assert renew_at(NOW + DAY) == 0
    assert PeriodicJob.objects.get(name="another").until == NOW


# -- what staff enter -------------------------------------------------------------------------
def test_the_text_is_stored_in_one_way():
    widget = Widget(name="W", originate="s", opening_hours=" mo-fr 9:00-12:00;")
    widget.full_clean()
    assert (widget.opening_hours, widget.has_hours) == ("Mo-Fr 09:00-12:00", True)


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"time_zone": "Europe/Atlantis"}, "time_zone", "There is no time zone Europe/Atlantis."),
        ({"opening_hours": "Lu-Ve"}, "opening_hours", "At character 1, “Lu”: not understood."),
        ({"opening_hours": "24/7; PH off"}, "holidays", "Choose the country"),
        ({"opening_hours": "24/7", "holidays": "FR"}, "opening_hours", "add PH off"),
        ({"opening_hours": "24/7; PH off", "holidays": "ZZ"}, "holidays", "No public holidays are"),
        ({**TOWN_HALL, "holidays_off": ["noel"]}, "holidays_off", "Unknown public holidays: noel."),
        ({**TOWN_HALL, "holidays_off": "noël"}, "holidays_off", "Enter a list of public holidays"),
        ({**TOWN_HALL, "holidays_off": 1}, "holidays_off", "Enter a list of public holidays"),
        ({**TOWN_HALL, "holidays_off": [[]]}, "holidays_off", "Enter a list of public holidays"),
        ({**TOWN_HALL, "holidays_off": [1]}, "holidays_off", "Enter a list of public holidays"),
        ({**TOWN_HALL, "holidays_off": ["noël"] * 2}, "holidays_off", "Enter a list of public"),
        ({"slot_capacity": 0}, "slot_capacity", "greater than or equal to 1"),
        ({"slot_minutes": 4}, "slot_minutes", "greater than or equal to 5"),
        ({"days_ahead": 91}, "days_ahead", "less than or equal to 90"),
    ],
)
def test_what_is_wrong_is_refused_by_field(fields, field, sentence):
    assert sentence in refused(field, **fields)


def refused(field: str, **fields: Any) -> str:
    """Return the sentence with which a widget with these fields is refused."""
    widget = Widget(name="W", originate="s", **fields)
    with clock.set_to(NOW), translation.override("en"):
        with pytest.raises(ValidationError) as found:
            widget.full_clean()
        [message] = found.value.message_dict[field]
    return message


def test_hours_that_are_never_legal_for_sales_calls_are_refused():
    sentence = "The opening hours are never within the legal hours for sales calls"
    evening = {"opening_hours": "Mo-Fr 21:00-26:00; Sa 09:00-18:00", "sales_hours": True}
    assert sentence in refused("sales_hours", **evening)
    assert sentence in refused("sales_hours", **evening, allowed_regions=["FR", "RE"])
    holidays = {"opening_hours": "2026 Dec 25 10:00-12:00", "sales_hours": True}
    assert sentence in refused("sales_hours", **holidays)
    # It is afternoon in Guadeloupe then, and morning in New Caledonia.
    for region in ("BL", "NC"):
        widget_with(**evening, allowed_regions=["FR", region])
    widget_with(opening_hours="Mo 19:45-26:00", sales_hours=True)
    # What is not open in the next weeks cannot be compared.
    widget_with(opening_hours="2027 Dec 25 10:00-12:00", sales_hours=True)


@pytest.mark.parametrize(
    "fields",
    [
        {"time_zone": "Europe/Atlantis"},
        {"opening_hours": "24/7; PH off", "holidays": "ZZ"},
        {**TOWN_HALL, "holidays_off": [[]]},
    ],
)
def test_other_mistakes_are_told_before_the_legal_hours_are_compared(fields):
    name = next(name for name in ("time_zone", "holidays_off", "holidays") if name in fields)
    defaults = {"opening_hours": "24/7", "sales_hours": True}
    assert refused(name, **defaults | fields)


# -- beside others ----------------------------------------------------------------------------
@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_form_is_accepted_while_the_rows_of_its_widget_are_written():
    widget = make_widget()
    with transaction.atomic():
        open_periods.replace(widget, NOW)
        accepted = begin(lambda: make_request(widget=widget))
        assert accepted.done()
    assert accepted.result().widget == widget


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_who_write_the_rows_of_a_widget_take_turns():
    widget = widget_with(opening_hours="09:00-10:00")
    with transaction.atomic():
        open_periods.replace(widget, NOW + DAY)
        other = begin(lambda: open_periods.replace(widget, NOW + 2 * DAY))
        assert not other.done()
    other.result()
    assert rows(widget)[0] == "12-01 09:00-10:00"
    assert len(rows(widget)) == len(set(rows(widget)))


def test_one_widgets_hours_are_nobody_elses() -> None:
    mornings = widget_with(opening_hours="Mo-Fr 08:00-09:00")
    afternoons = widget_with(opening_hours="Mo-Fr 14:00-18:00")
    assert open_periods.ahead(mornings, "", NOW)[0][0] == at(2, 8)
    assert open_periods.ahead(afternoons, "", NOW)[0][0] == at(1, 14)
