"""The editor of opening hours in a real browser, with the keyboard, and without scripts."""

import re
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from callbacks.models import Widget
from tests.support.browsers.admin import DESKTOP, PHONE, faults
from tests.support.factories import make_widget

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOURS = 'Mo-Fr 09:00-12:00,14:00-18:00; PH off; Dec 24 09:00-12:00 "Eve"'


def hours_url(widget: Widget) -> str:
    return reverse("admin:callbacks_widget_change", args=[widget.pk]) + "#hours"


def open_editor(page: Page, hours: str = HOURS) -> Widget:
    widget = make_widget(opening_hours=hours, has_hours=bool(hours), holidays="FR" * bool(hours))
    page.goto(hours_url(widget))
    expect(page.get_by_role("tab", name="Opening hours")).to_have_attribute("aria-selected", "true")
    return widget


def day(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=name, exact=True)


def saved(page: Page, widget: Widget) -> str:
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    widget.refresh_from_db()
    return widget.opening_hours


def test_a_week_is_changed_by_keyboard_and_copied_to_other_days(page: Page) -> None:
    widget = open_editor(page)
    monday = day(page, "Monday")
    expect(monday.get_by_label("from")).to_have_count(2)
    expect(day(page, "Sunday").get_by_text("Closed")).to_be_visible()
    monday.get_by_role("button", name="Add hours").focus()
    page.keyboard.press("Enter")
    expect(monday.get_by_label("from").nth(2)).to_be_focused()
    page.keyboard.type("19h")
    page.keyboard.press("Tab")
    page.keyboard.type("20h30")
    monday.get_by_role("button", name="Remove these hours").first.click()
    expect(monday.get_by_role("button", name="Add hours")).to_be_focused()
    expect(page.locator("#week-picture")).to_contain_text("14:00–18:00, 19:00–20:30")
    monday.get_by_text("Copy to…").focus()
    page.keyboard.press("Enter")
    monday.get_by_label("Tuesday").check()
    monday.get_by_label("Saturday").check()
    monday.get_by_role("button", name="Copy", exact=True).click()
    expect(page.locator("#hours-said")).to_have_text("Copied to: Tuesday, Saturday")
    expect(monday.get_by_text("Copy to…")).to_be_focused()
    assert saved(page, widget) == (
        "Mo-Tu,Sa 14:00-18:00,19:00-20:30; We-Fr 09:00-12:00,14:00-18:00; PH off; "
        'Dec 24 09:00-12:00 "Eve"'
    )
    assert page.trouble == []  # type: ignore[attr-defined]


def test_special_days_are_added_and_removed(page: Page) -> None:
    widget = open_editor(page)
    days = page.locator("#special-days > fieldset")
    expect(days).to_have_count(1)
    page.get_by_role("button", name="Add special days").click()
    expect(days.nth(1).get_by_label("Name")).to_be_focused()
    days.nth(1).get_by_label("First day").fill("2027-08-01")
    days.nth(1).get_by_label("Last day").fill("2027-08-15")
    days.nth(1).get_by_label("Each year").check()
    expect(days.nth(1).get_by_text("Closed")).to_be_visible()
    days.first.get_by_role("button", name="Remove").last.click()
    expect(page.get_by_role("button", name="Add special days")).to_be_focused()
    assert saved(page, widget) == "Mo-Fr 09:00-12:00,14:00-18:00; PH off; Aug 01-15 off"
    assert page.trouble == []  # type: ignore[attr-defined]


def test_a_country_brings_its_public_holidays(page: Page) -> None:
    widget = open_editor(page, "")
    expect(day(page, "Monday")).to_be_hidden()
    page.get_by_label("Only in these hours").check()
    expect(day(page, "Monday")).to_be_visible()
    expect(day(page, "Public holidays")).to_be_hidden()
    page.get_by_label("Public holidays", exact=True).select_option("FR-57")
    expect(day(page, "Public holidays")).to_be_visible()
    boxes = page.locator("#holiday-boxes input[type=checkbox]")
    expect(boxes).to_have_count(13)
    page.get_by_label("Good Friday").uncheck()
    assert saved(page, widget) == "Mo-Fr 09:00-12:00,14:00-18:00; PH off"
    assert widget.holidays_off == ["vendredi-saint"]
    expect(page.get_by_label("Good Friday")).not_to_be_checked()
    page.get_by_label("At any time").check()
    assert saved(page, widget) == ""


def test_a_wrong_day_is_marked_and_has_the_focus(page: Page) -> None:
    open_editor(page)
    day(page, "Tuesday").get_by_label("to").first.fill("8:00")
    page.get_by_role("button", name="Save", exact=True).click()
    tuesday = day(page, "Tuesday")
    expect(tuesday.get_by_label("from").first).to_be_focused()
    expect(tuesday).to_have_accessible_description(re.compile("09:00–08:00 ends before it begins"))
    expect(page.get_by_role("tab", name="Opening hours 1 error")).to_be_visible()
    assert faults(page) == []


def test_without_scripts_there_are_empty_fields_for_more(page: Page) -> None:
    browser = page.context.browser
    assert browser
    with browser.new_context(locale="en", java_script_enabled=False) as context:
        context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
        plain = context.new_page()
        page.goto(reverse("admin:index"))
        widget = make_widget()
        plain.goto(re.sub("/admin/.*", hours_url(widget), page.url))
        plain.get_by_label("Only in these hours").check()
        saturday = day(plain, "Saturday")
        saturday.get_by_label("from").fill("10:00")
        saturday.get_by_label("to").fill("12:00")
        plain.get_by_label("First day").first.fill("2026-12-24")
        plain.get_by_role("button", name="Save", exact=True).click()
        expect(plain.get_by_text("was changed successfully")).to_be_visible()
    widget.refresh_from_db()
    assert widget.opening_hours == (
        "Mo-Fr 09:00-12:00,14:00-18:00; Sa 10:00-12:00; 2026 Dec 24 off"
    )


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_editor_is_sound(page: Page, scheme: Any, size: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    open_editor(page)
    page.get_by_role("button", name="Add special days").click()
    day(page, "Monday").get_by_text("Copy to…").click()
    assert faults(page) == []
    assert page.trouble == []  # type: ignore[attr-defined]
