"""The admin on a small laptop, on a phone, and with text twice as large."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from callbacks.abuse import block_list
from callbacks.models import BlockKind, Reason, Status
from tests.support.factories import make_request
from tests.support.staff.pages import LIST

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LARGE_TEXT = """addEventListener("DOMContentLoaded", () => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("html { font-size: 32px }");
    document.adoptedStyleSheets = [sheet];
})"""
LISTS = [
    LIST,
    reverse("admin:callbacks_widget_changelist"),
    reverse("admin:callbacks_block_changelist"),
    reverse("admin:callbacks_auditentry_changelist"),
    reverse("admin:index"),
]


def box(locator: Locator) -> dict[str, float]:
    found: Any = locator.bounding_box()
    assert found
    return dict(found)


@pytest.fixture
def rows() -> None:
    make_request(status=Status.UNCERTAIN, reason=Reason.NO_ANSWER, email=f"{'x' * 40}@example.fr")
    block_list.add(BlockKind.NUMBER, "+33612345678", reason="asked by email " * 5)


@pytest.mark.parametrize("width", [1024, 1280])
def test_the_navigation_stands_beside_the_page_and_covers_nothing(
    page: Page,
    width: int,
    rows: None,
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(LIST)
    navigation, main = page.locator("#nav-sidebar"), page.locator("#main")
    expect(navigation.get_by_role("link", name="Block list")).to_be_visible()
    assert box(navigation)["x"] + box(navigation)["width"] <= box(main)["x"]
    assert box(main)["x"] + box(main)["width"] == width
    # Put away, it stays away on the next page.
    page.get_by_role("button", name="Navigation").click()
    expect(navigation).to_be_hidden()
    page.goto(reverse("admin:callbacks_block_changelist"))
    expect(page.locator("#changelist")).to_be_visible()
    expect(navigation).to_be_hidden()


def test_on_a_phone_it_is_opened_and_left_by_keyboard(page: Page, rows: None) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(LIST)
    toggle, navigation = page.locator("#nav-toggle"), page.locator("#nav-sidebar")
    expect(navigation).to_be_hidden()
    expect(toggle).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Tab")
    expect(toggle).to_be_focused()
    page.keyboard.press("Enter")
    expect(navigation).to_be_visible()
    expect(navigation.get_by_role("link").first).to_be_focused()
    expect(toggle).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(navigation).to_be_hidden()
    expect(toggle).to_be_focused()


@pytest.mark.parametrize("text", ["as it is", "twice as large"])
@pytest.mark.parametrize("address", LISTS)
def test_nothing_of_a_list_is_cut_on_a_phone(
    page: Page,
    address: str,
    text: str,
    rows: None,
) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    if text == "twice as large":
        page.add_init_script(LARGE_TEXT)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    cells = page.locator("#result_list tr.data-row > *")
    assert (cells.count() > 0) is (address != reverse("admin:index"))
    outside = [
        one.text_content()
        for one in cells.all()
        if one.is_visible() and box(one)["x"] + box(one)["width"] > 360
    ]
    assert outside == []
