"""A widget's page in a real browser: in parts, with and without scripts."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from callbacks.models import Widget
from tests.support.browsers.admin import faults
from tests.support.factories import make_widget

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PARTS = [
    "General",
    "Company",
    "Look",
    "Texts",
    "Fields",
    "Topics",
    "Opening hours",
    "Limits",
    "Privacy",
    "Installation",
]


def change_url(widget: Widget) -> str:
    return reverse("admin:callbacks_widget_change", args=[widget.pk])


def test_one_part_is_shown_at_a_time_and_the_keyboard_leads_through_them(page: Page) -> None:
    page.goto(change_url(make_widget()))
    tabs = page.get_by_role("tab")
    assert [name.strip() for name in tabs.all_text_contents()] == PARTS
    expect(page.get_by_role("tabpanel")).to_have_count(1)
    expect(page.get_by_label("Scenario")).to_be_visible()
    switches = page.locator("#content input[type=checkbox]:visible")
    widths = switches.evaluate_all("(all) => all.map((one) => one.offsetWidth)")
    assert widths == [widths[0]] * 4, "a long text beside one squeezes it"
    tabs.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Look")).to_be_focused()
    expect(page.get_by_label("Accent colour")).to_be_visible()
    expect(page.get_by_label("Scenario")).to_be_hidden()
    page.keyboard.press("End")
    expect(page.get_by_label("Allowed sites")).to_be_visible()
    expect(page.get_by_title("The form as visitors see it")).to_be_hidden()
    assert page.url.endswith("#install")
    page.reload()
    expect(page.get_by_role("tab", name="Installation")).to_have_attribute("aria-selected", "true")
    for name in PARTS:
        page.get_by_role("tab", name=name).click()
        assert faults(page) == [], name
    assert page.trouble == []  # type: ignore[attr-defined]


def test_an_error_in_a_part_that_is_hidden_opens_it_and_has_the_focus(page: Page) -> None:
    widget = make_widget()
    page.goto(change_url(widget))
    page.get_by_role("tab", name="Limits").click()
    page.get_by_label("Requests per hour").fill("0")
    page.get_by_role("tab", name="General").click()
    page.get_by_role("button", name="Save", exact=True).click()
    limits = page.get_by_role("tab", name="Limits 1 error")
    expect(limits).to_have_attribute("aria-selected", "true")
    expect(page.get_by_label("Requests per hour")).to_be_focused()
    expect(page.locator("#wrong-tabs")).to_contain_text("Limits")
    page.get_by_label("Requests per hour").fill("7")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_role("tab", name="Limits")).to_have_attribute("aria-selected", "true")
    widget.refresh_from_db()
    assert widget.hourly_cap == 7


def test_without_scripts_all_parts_stand_below_each_other(page: Page) -> None:
    browser = page.context.browser
    assert browser
    context = browser.new_context(locale="en", java_script_enabled=False)
    context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    plain = context.new_page()
    page.goto(reverse("admin:index"))
    plain.goto(re.sub("/admin/.*", change_url(widget := make_widget()), page.url))
    for label in ("Scenario", "Accent colour", "Requests per hour", "Allowed sites"):
        expect(plain.get_by_label(label)).to_be_visible()
    expect(plain.get_by_role("link", name="Limits")).to_have_attribute("href", "#limits")
    plain.get_by_label("Requests per hour").fill("9")
    plain.get_by_role("button", name="Save", exact=True).click()
    widget.refresh_from_db()
    assert widget.hourly_cap == 9
    context.close()


def test_a_site_that_is_missing_is_added_from_the_check(page: Page) -> None:
    widget = make_widget(allowed_origins=["https://www.example.fr"])
    page.goto(change_url(widget) + "#install")
    page.get_by_label("Address of a page").fill("https://shop.example/contact?x=1")
    page.get_by_label("Address of a page").press("Enter")
    expect(page.locator("#check-result")).to_contain_text("is not in the list")
    page.get_by_role("link", name="Add it").click()
    expect(page.get_by_text("Pages of https://shop.example will be able")).to_be_visible()
    page.get_by_role("button", name="Allow this site").click()
    expect(page.get_by_label("Allowed sites")).to_have_value(
        "https://www.example.fr\nhttps://shop.example"
    )
    assert page.trouble == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("has_scripts", [True, False])
def test_only_a_choice_from_a_list_asks_for_choices(page: Page, has_scripts: bool) -> None:
    browser = page.context.browser
    assert browser
    context = browser.new_context(locale="en", java_script_enabled=has_scripts)
    context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    plain = context.new_page()
    page.goto(reverse("admin:index"))
    address = reverse("admin:callbacks_widget_field_add", args=[make_widget().pk])
    plain.goto(re.sub("/admin/.*", address, page.url))
    choices = plain.get_by_label("Choices (English)")
    for kind, is_shown in [("Choice from a list", True), ("Box to tick", False)]:
        expect(choices).to_be_visible(visible=not is_shown)
        plain.get_by_label(kind).press("Space")
        expect(choices).to_be_visible(visible=is_shown)
    context.close()
