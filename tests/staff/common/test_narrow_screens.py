"""The admin on a small laptop, on a phone, and with text twice as large."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.urls import reverse
from playwright.sync_api import Browser, Locator, Page, expect

from callbacks.abuse import block_list
from callbacks.core import clock
from callbacks.models import BlockKind, Reason, Status
from callbacks.staff.accounts import invitation
from callbacks.staff.widgets.tabs import LABELS
from tests.support.browsers.admin import settle
from tests.support.factories import make_request, make_widget
from tests.support.staff.pages import LIST, page_of

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
    reverse("admin:bookings"),
    reverse("admin:index"),
]


def box(locator: Locator) -> dict[str, float]:
    found: Any = locator.bounding_box()
    assert found
    return dict(found)


@pytest.fixture
def rows() -> None:
    make_request(
        status=Status.UNCERTAIN,
        reason=Reason.NO_ANSWER,
        email=f"{'x' * 40}@example.fr",
        slot_start=clock.now(),
        slot_end=clock.now() + timedelta(minutes=30),
    )
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
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    cells = page.locator("#result_list tr.data-row > *, .staff-bookings tbody tr > *")
    assert (cells.count() > 0) is (address != reverse("admin:index"))
    outside = [
        one.text_content()
        for one in cells.all()
        if one.is_visible() and box(one)["x"] + box(one)["width"] > 360
    ]
    assert outside == []


CLOSED = "2026 Jan 01 09:00-10:00"
# Elements that are seen, reach over the edge of the window, and are in no box that scrolls.
CUT = """
[...document.querySelectorAll("main *, #content *")].filter((e) => {
  const { right, width } = e.getBoundingClientRect();
  let scroller = e.parentElement;
  while (scroller && !/auto|scroll/.test(getComputedStyle(scroller).overflowX))
    scroller = scroller.parentElement;
  return e.checkVisibility() && width > 1 && right > innerWidth && !scroller;
}).map((e) => e.outerHTML.slice(0, 200))
"""


def show_large(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.add_init_script(LARGE_TEXT)
    page.goto(address)
    page.wait_for_load_state()


def test_nothing_of_a_widgets_tabs_is_cut_with_large_text(page: Page, settings: Any) -> None:
    settings.PUBLIC_URL = f"https://{'a-long-name-of-a-host-'}{'x' * 40}.example.fr"
    widget = make_widget(allowed_origins=[f"https://www.{'shop-' * 10}x.example.fr"])
    show_large(page, reverse("admin:callbacks_widget_change", args=[widget.pk]))
    tabs = page.locator(".staff-tabs a")
    expect(tabs).to_have_count(len(LABELS))
    for tab in tabs.all():
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        assert page.evaluate(CUT) == [], tab.text_content()
        assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize(
    "name", ["callbacks_block_add", "callbacks_widget_add", "callbacks_auditentry_changelist"]
)
def test_long_french_buttons_and_times_are_not_cut_with_large_text(
    page: Page, live_server: Any, settings: Any, name: str, rows: None
) -> None:
    page.context.add_cookies(
        [{"name": settings.LANGUAGE_COOKIE_NAME, "value": "fr", "url": live_server.url}]
    )
    show_large(page, reverse(f"admin:{name}"))
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    inside = """(e) => e.scrollWidth <= e.clientWidth + 1"""
    for one in page.locator("#submit-row button, #result_list .field-shown_at").all():
        assert one.evaluate(inside), one.text_content()


@pytest.mark.parametrize(
    ("width", "text"), [(360, "large"), (360, ""), (768, ""), (1024, ""), (1280, ""), (1920, "")]
)
def test_every_column_of_the_french_list_is_seen_at_once(
    page: Page, live_server: Any, settings: Any, width: int, text: str, rows: None
) -> None:
    """Also with the longest badge and the longest reasons: nothing is to be scrolled to."""
    tomorrow = clock.now() + timedelta(days=1)
    make_request(
        widget=make_widget(name="Mairie de Saint-Brieuc", has_hours=True, opening_hours=CLOSED),
        is_scheduled=True,
        due_at=tomorrow,
        slot_start=tomorrow,
        slot_end=tomorrow + timedelta(minutes=30),
    )
    make_request(status=Status.FAILED, reason=Reason.UNREADABLE, attempts_made=12)
    page.context.add_cookies(
        [{"name": settings.LANGUAGE_COOKIE_NAME, "value": "fr", "url": live_server.url}]
    )
    if text:
        page.add_init_script(LARGE_TEXT)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(LIST)
    settle(page)
    expect(page.get_by_text("Hors horaires d’ouverture")).to_be_visible()
    beyond = "(table) => table.parentElement.scrollWidth - table.parentElement.clientWidth"
    assert page.locator("#result_list").evaluate(beyond) == 0


def test_a_number_and_an_email_in_full_are_not_cut(page: Page) -> None:
    call_request = make_request(email=f"{'x' * 60}@example.fr")
    show_large(page, page_of(call_request))
    page.get_by_role("button", name="Show number and email").click()
    expect(page.get_by_text(call_request.email)).to_be_visible()
    assert page.evaluate(CUT) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_pages_before_signing_in_fit_with_large_text(
    browser: Browser, live_server: Any, settings: Any, language: str
) -> None:
    settings.PUBLIC_URL = live_server.url
    invited = User.objects.create(username="marie.charlotte.dupont", email="marie@example.fr")
    invitation.send(invited, by=invited)
    (link,) = re.findall(r"http://[^/]+(/\S+)", str(mail.outbox[-1].body))[-1:]
    with browser.new_context(locale=language, base_url=live_server.url) as context:
        page = context.new_page()
        for address in (
            reverse("admin:login"),
            reverse("admin:admin_password_reset"),
            link,
            link.replace("invitation/", "invitation/x"),
        ):
            show_large(page, address)
            assert page.evaluate(CUT) == [], page.title()
            assert page.evaluate("document.documentElement.scrollWidth") == 360, page.title()
