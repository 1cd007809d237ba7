"""In a real browser: from the figures to the requests behind them, to a retry of many; a widget's
preview and tools. Nothing is blocked by the policy, and nothing of ours fails axe.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from callbacks.core import clock
from callbacks.models import CallRequest, Move, Reason, Status
from callbacks.stats import counting
from tests.support.browsers.admin import faults
from tests.support.factories import make_request, make_widget
from tests.support.staff.pages import LIST

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def afternoon() -> Iterator[None]:
    """At midnight, what happened a minute ago would be yesterday's."""
    with clock.set_to(datetime(2026, 3, 3, 14, 30, tzinfo=UTC)):
        yield


def some_requests() -> list[CallRequest]:
    """Of two widgets, over three days, in every state."""
    now, widgets = clock.now(), [make_widget(), make_widget()]
    made = [
        make_request(
            widget=widgets[number % 2],
            status=status,
            reason=Reason.TOO_LATE if status == Status.FAILED else "",
            created_at=now - timedelta(days=number, minutes=1),
            status_at=now - timedelta(minutes=1),
            attempts_made=1,
        )
        for number in range(3)
        for status in (Status.CALLED, Status.FAILED, Status.UNCERTAIN, Status.QUEUED)
    ]
    counting.rebuild(now - timedelta(days=9))
    return made


def is_sound(page: Page) -> None:
    assert faults(page) == []
    assert page.trouble == []  # type: ignore[attr-defined]


@pytest.mark.thorough
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_our_pages_are_sound(page: Page, scheme: Any) -> None:
    call_request = some_requests()[0]
    tools = [
        reverse(f"admin:callbacks_widget_{name}", args=[call_request.widget_id])
        for name in ("pause", "duplicate", "secret")
    ]
    page.emulate_media(color_scheme=scheme)
    for address in [reverse("admin:index"), reverse("admin:help"), *tools]:
        page.goto(address)
        is_sound(page)


def test_from_a_figure_to_a_retry_of_all_behind_it(page: Page) -> None:
    requests = some_requests()
    page.goto(reverse("admin:index"))
    page.get_by_text("Show as a table").click()
    expect(page.get_by_role("cell", name="4", exact=True).first).to_be_visible()
    row = page.get_by_role("row", name="Failed").first
    row.get_by_role("link").last.click()
    page.wait_for_url("**status__exact=failed**")
    expect(page.locator("tr.data-row")).to_have_count(3)
    page.locator("#action-toggle").check()
    page.select_option("select[name=action]", "retry")
    page.get_by_role("button", name="Run").click()
    is_sound(page)
    page.get_by_role("button", name="Retry").click()
    page.wait_for_url("**/retried/**")
    expect(page.get_by_text("3 requests are back in the queue.")).to_be_visible()
    expect(page.get_by_text("3 are still waiting")).to_be_visible()
    is_sound(page)
    assert Move.objects.filter(name="retry").count() == 3
    # What happens meanwhile is shown without anybody doing anything.
    failed = [call_request.pk for call_request in requests if call_request.status == Status.FAILED]
    CallRequest.objects.filter(pk__in=failed).update(status=Status.CALLED)
    expect(page.get_by_text("All of them have ended.")).to_be_visible(timeout=15_000)
    assert page.trouble == []  # type: ignore[attr-defined]


def test_a_bar_and_an_hour_lead_to_their_requests(page: Page) -> None:
    some_requests()
    page.goto(reverse("admin:index"))
    page.locator(".staff-chart a").last.click()
    page.wait_for_url("**created_at_from=**")
    expect(page.locator("tr.data-row")).to_have_count(4)
    page.go_back()
    page.locator(".staff-heat td a").first.click()
    page.wait_for_url("**slot=**")
    expect(page.locator("tr.data-row")).to_have_count(4)
    page.goto(LIST)
    assert page.trouble == []  # type: ignore[attr-defined]


def test_the_list_is_downloaded(page: Page) -> None:
    some_requests()
    page.goto(f"{LIST}?status__exact=called")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    with open(download.value.path(), encoding="utf-8-sig") as file:
        assert len(file.readlines()) == 4


def test_the_preview_follows_what_is_typed(page: Page) -> None:
    widget = make_widget(allowed_origins=["https://www.example.fr"], language="fr")
    page.goto(reverse("admin:callbacks_widget_change", args=[widget.pk]))
    shown = page.frame_locator("#preview")
    expect(shown.get_by_role("heading")).to_have_text("Nous vous rappelons")
    page.get_by_role("tab", name="Texts").click()
    page.locator("#id_texts-0-heading").fill("Parlons-nous")
    expect(shown.get_by_role("heading")).to_have_text("Parlons-nous")
    page.select_option("#preview-language", "en")
    expect(shown.get_by_role("heading")).to_have_text("We'll call you back")
    ground = shown.get_by_role("button", name="Call me back")
    expect(ground).to_have_css("background-color", "rgb(29, 78, 216)")
    page.get_by_role("tab", name="Installation").click()
    page.get_by_label("Address of a page").fill("example.fr/contact")
    page.get_by_label("Address of a page").press("Enter")
    expect(page.locator("#check-result")).to_contain_text("not without www")
    page.locator("#id_allowed_origins").fill("https://example.fr")
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#check-result")).to_have_text("This page can show the widget.")
    is_sound(page)
    widget.refresh_from_db()
    assert widget.allowed_origins == ["https://www.example.fr"]


def test_the_first_page_fits_on_a_phone(page: Page) -> None:
    call_request = some_requests()[0]
    page.set_viewport_size({"width": 360, "height": 740})
    widget = reverse("admin:callbacks_widget_change", args=[call_request.widget_id])
    for address in (reverse("admin:index"), reverse("admin:help"), LIST, widget):
        page.goto(address)
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) <= 0, address
