"""The page of bookings: the slots of today and the coming days, and those outside the hours."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from callbacks.core import clock
from callbacks.models import OpenPeriod, Status, Widget
from callbacks.scheduling import slot_places
from callbacks.scheduling.slot_places import Slot
from callbacks.staff.requests import bookings_page
from tests.support.bookings import booked
from tests.support.factories import make_request
from tests.support.hours.december import NOW, TOWN_HALL, at, widget_with
from tests.support.hours.widgets import open_widget

pytestmark = pytest.mark.django_db

BOOKINGS = reverse("admin:bookings")
LIST = reverse("admin:callbacks_callrequest_changelist")


@pytest.fixture(autouse=True)
def december() -> Iterator[None]:
    with clock.set_to(NOW):
        yield


@pytest.fixture
def widget() -> Widget:
    return widget_with(**TOWN_HALL, name="Town hall", slot_capacity=2)


def rows(html: str) -> list[list[str]]:
    """Return the text of each row of the page's tables."""
    return [
        [
            " ".join(unescape(re.sub(r"<[^>]*>", "", cell)).split())
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", html, re.S)
        if '<th scope="row">' in row
    ]


def test_each_slot_shows_how_many_of_its_places_are_booked(staff: Client, widget: Widget) -> None:
    booked(widget, at(3, 14))
    booked(widget, at(1, 9), status=Status.CALLED)
    booked(widget, at(1, 9), status=Status.CANCELLED)
    booked(widget, at(3, 14), status=Status.CALLING)
    booked(widget, at(3, 14, 30), status=Status.UNCERTAIN)
    booked(widget, at(1, 9) - timedelta(days=1))
    make_request(widget=widget)
    page = staff.get(BOOKINGS).text
    assert rows(page) == [
        ["09:00–09:30", "1 of 2 (Town hall, 09:00–09:30)", "1 called", "Town hall"],
        ["14:00–14:30", "2 of 2 (Town hall, 14:00–14:30)", "2 waiting", "Town hall"],
        ["14:30–15:00", "1 of 2 (Town hall, 14:30–15:00)", "1 uncertain", "Town hall"],
    ]
    assert page.index("1 Dec. 2026") < page.index("3 Dec. 2026")
    assert "Outside the opening hours" not in page


def test_a_slot_links_to_its_requests_in_the_list(staff: Client, widget: Widget) -> None:
    other = widget_with(name="Other")
    mine = [booked(widget, at(3, 14)), booked(widget, at(3, 14), status=Status.CALLED)]
    for start, of in ((at(3, 14, 30), widget), (at(3, 14), other)):
        booked(of, start)
    booked(widget, at(3, 14), status=Status.CANCELLED)
    booked(widget, at(3, 14), slot_end=at(3, 15))  # before the length of the slots was changed
    address = re.findall(rf'href="({LIST}\?[^"]*booked[^"]*)"', staff.get(BOOKINGS).text)
    listed = [staff.get(unescape(one)) for one in address]
    assert mine in [sorted(page.context["cl"].queryset, key=lambda row: row.pk) for page in listed]
    assert "3 Dec. 2026 14:00–14:30" in listed[0].text


@pytest.mark.parametrize(
    "text",
    ["x", "/", "now/now", "2026-12-03T13:00:00Z", "2026-12-03T13:00:00Z/now", "a/b/c"],
)
def test_another_text_in_the_address_filters_nothing(
    staff: Client, widget: Widget, text: str
) -> None:
    row = booked(widget, at(3, 14))
    assert list(staff.get(LIST, {"booked": text}).context["cl"].queryset) == [row]


def test_slots_outside_the_changed_hours_come_first(staff: Client, widget: Widget) -> None:
    booked(widget, at(3, 14))
    booked(widget, at(2, 10))
    booked(widget, at(3, 14, 30), status=Status.CALLED)
    OpenPeriod.objects.filter(widget=widget, starts_at=at(3, 14)).delete()
    page = staff.get(BOOKINGS).text
    assert "Outside the opening hours" in page
    assert [row[0] for row in rows(page)] == [
        "14:00–14:30",
        "10:00–10:30",
        "14:00–14:30",
        "14:30–15:00",
    ]
    with clock.set_to(at(3, 14, 30)):  # the slot is over
        assert "Outside the opening hours" not in staff.get(BOOKINGS).text


def test_only_the_first_slots_outside_the_hours_are_shown(
    staff: Client, widget: Widget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookings_page, "MOST_OUTSIDE", 2)
    for day in (5, 6, 12):  # at weekends
        booked(widget, at(day, 10))
        assert ("Only the first" in staff.get(BOOKINGS).text) is (day == 12)


def test_the_hours_for_sales_calls_are_those_of_the_person_called(staff: Client) -> None:
    widget = open_widget(NOW, sales_hours=True)
    booked(widget, at(3, 10), consumer_zone="Europe/Paris")
    assert "Outside the opening hours" not in staff.get(BOOKINGS).text
    booked(widget, at(3, 11), consumer_zone="Pacific/Tahiti")
    assert "Outside the opening hours" in staff.get(BOOKINGS).text


def test_a_slot_with_more_bookings_than_places_is_marked(staff: Client, widget: Widget) -> None:
    for _ in range(2):
        booked(widget, at(3, 14))
    assert "Over capacity" not in staff.get(BOOKINGS).text
    Widget.objects.update(slot_capacity=1)
    assert "Over capacity" in staff.get(BOOKINGS).text
    Widget.objects.update(slot_capacity=None)
    page = staff.get(BOOKINGS).text
    assert "Over capacity" not in page
    assert rows(page)[0][1].startswith("2 (")


def test_the_places_are_counted_by_the_rule_for_their_capacity(
    staff: Client, widget: Widget
) -> None:
    booked(widget, at(3, 14))
    booked(widget, at(3, 14, 30), status=Status.CALLED)
    booked(widget, at(3, 14), slot_end=at(3, 15))  # before the length of the slots was changed
    booked(widget, at(3, 15))
    overlapping = "of these is in a time slot that overlaps this one"
    page = staff.get(BOOKINGS).text
    assert [row[:3] for row in rows(page)] == [
        ["14:00–14:30", f"2 of 2 (Town hall, 14:00–14:30) 1 {overlapping}", "1 waiting"],
        [
            "14:00–15:00",
            "3 of 2 (Town hall, 14:00–15:00) Over capacity "
            "2 of these are in a time slot that overlaps this one",
            "1 waiting",
        ],
        ["14:30–15:00", f"2 of 2 (Town hall, 14:30–15:00) 1 {overlapping}", "1 called"],
        ["15:00–15:30", "1 of 2 (Town hall, 15:00–15:30)", "1 waiting"],
    ]
    for slot in (Slot(at(3, 14), at(3, 14, 30)), Slot(at(3, 14), at(3, 15))):
        shown = next(
            row[1] for row in rows(page) if row[0] == f"{slot.start:%H:%M}–{slot.end:%H:%M}"
        )
        taken = slot_places.taken(widget, slot.start, slot.end)
        assert shown.startswith(f"{taken.in_slot(slot)} of 2")


def test_a_widget_of_another_zone_also_shows_its_own_times(staff: Client) -> None:
    widget = widget_with(name="Saint-Denis", time_zone="Indian/Reunion")
    booked(widget, at(3, 14))
    assert rows(staff.get(BOOKINGS).text)[0][0] == "14:00–14:30 17:00–17:30 Indian/Reunion"


def test_the_page_shows_one_widget_from_one_day_on(staff: Client, widget: Widget) -> None:
    other = widget_with(name="Other")
    booked(widget, at(3, 14))
    booked(other, at(3, 14))
    booked(other, at(1, 9) - timedelta(days=1), status=Status.CALLED)
    assert [row[3] for row in rows(staff.get(BOOKINGS).text)] == ["Other", "Town hall"]
    page = staff.get(BOOKINGS, {"widget": str(other.pk), "first": "2026-11-30"}).text
    assert [row[3] for row in rows(page)] == ["Other", "Other"]
    for hostile in ("?widget=x&first=x&p=x", "?widget=99&p=-7"):
        assert len(rows(staff.get(BOOKINGS + hostile).text)) == 2


def test_the_slots_are_shown_page_by_page(
    staff: Client, widget: Widget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookings_page, "PER_PAGE", 2)
    for minutes in range(0, 150, 30):
        booked(widget, at(3, 14) + timedelta(minutes=minutes))
    address, seen = BOOKINGS, []
    while address:
        page = staff.get(address).text
        seen += [row[0][:5] for row in rows(page)]
        following = re.search(r'rel="next" href="([^"]*)"', page)
        address = BOOKINGS + unescape(following[1]) if following else ""
    assert seen == ["14:00", "14:30", "15:00", "15:30", "16:00"]
    assert 'rel="prev"' in page


def test_more_slots_need_no_more_queries(staff: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            staff.get(BOOKINGS)
        return len(captured)

    counts = []
    for count in (1, 20):
        for number in range(count):
            booked(widget_with(**TOWN_HALL, name=f"W{number}"), at(3, 14))
            booked(widget_with(**TOWN_HALL, name=f"W{number}"), at(5, 14))
        queries()  # what is read once for all stays in memory
        counts.append(queries())
    assert counts[0] == counts[1]


def test_without_bookings_the_page_says_so(staff: Client) -> None:
    assert "No time slot is booked." in staff.get(BOOKINGS).text
    with translation.override("fr"):
        text = staff.get(BOOKINGS, headers={"Accept-Language": "fr"}).text
    assert "Aucun créneau n’est réservé." in text
