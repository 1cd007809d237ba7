"""The first page refreshes itself: warnings and counts alone, without being a person's activity."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from callbacks.core import clock
from callbacks.dispatch import call_switch
from callbacks.models import Alert, AlertKind, Status
from callbacks.staff.common import background
from tests.support.factories import make_request
from tests.support.staff.pages import LIST, make_staff, messages_on, signed_in

INDEX = reverse("admin:index")
ANSWERED_WITHIN = 60_000  # milliseconds
REFRESH = {background.HEADER: "1"}


@pytest.mark.long
@pytest.mark.django_db
def test_a_refresh_holds_what_changes_and_nothing_else(staff: Client) -> None:
    make_request(status=Status.FAILED)
    html = staff.get(INDEX, headers=REFRESH).content.decode()
    for part in ('id="banner"', 'id="overview"', 'id="count-failed"', 'id="as-of"'):
        assert part in html
        assert part in staff.get(INDEX).content.decode()
    for other in ("<html", "Today and the last 30 days"):
        assert other not in html


@pytest.mark.django_db
def test_a_refresh_takes_no_message_from_the_page_that_is_to_show_it(staff: Client) -> None:
    call_request = make_request(status=Status.FAILED)
    seen = {"seen": f"{call_request.pk}:failed:0"}
    staff.post(reverse("admin:callbacks_callrequest_act", args=["close"]), seen)
    staff.get(INDEX, headers=REFRESH)
    assert messages_on(staff.get(LIST).content.decode()) == ["1 request is closed."]


@pytest.mark.django_db
def test_a_refresh_asks_for_the_same_rights_as_the_page() -> None:
    make_request(status=Status.FAILED)
    assert Client().get(INDEX, headers=REFRESH).status_code == 302
    other = signed_in(make_staff("other", "view_widget"))
    assert "count-failed" not in other.get(INDEX, headers=REFRESH).content.decode()


def raise_alert() -> None:
    now = clock.now()
    Alert.objects.create(kind=AlertKind.WEB_PAGE, about="widget 1", raised_at=now)


@pytest.fixture
def page(browser: Browser, live_server: Any, chief: User) -> Any:
    """The chief's, with a clock that the test moves on."""
    context = browser.new_context(
        locale="en", base_url=live_server.url, reduced_motion="reduce", has_touch=False
    )
    cookie = signed_in(chief).cookies["sessionid"]
    context.add_cookies(
        [{"name": "sessionid", "value": cookie.value, "url": f"{live_server.url}/admin/"}]
    )
    page = context.new_page()
    page.clock.install()
    yield page
    context.close()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_counts_and_warnings_are_fresh_within_a_minute(page: Page, chief: User) -> None:
    page.goto(INDEX)
    failed = page.locator("#count-failed")
    expect(failed).to_contain_text("0")
    failed.focus()
    make_request(status=Status.FAILED, status_at=clock.now() - timedelta(minutes=1))
    raise_alert()
    call_switch.stop(chief.username, note="fire drill")
    page.clock.run_for(ANSWERED_WITHIN)
    expect(failed.locator(".staff-count-value")).to_have_text("1")
    expect(page.get_by_role("button", name="Dismiss")).to_be_visible()
    expect(page.locator("#banner")).to_contain_text("All calls are stopped.")
    # The focus is where it was; nothing is read out, and nothing moves.
    assert page.evaluate("document.activeElement.id") == "count-failed"
    assert page.locator("[aria-live]:has(#overview), #overview [role=status]").count() == 0
    assert page.evaluate("document.getAnimations().length") == 0


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_what_has_not_changed_is_not_touched(page: Page) -> None:
    raise_alert()
    page.goto(INDEX)
    page.evaluate("document.querySelector('#overview').isTheSame = true")
    with page.expect_response(lambda answer: answer.url.endswith(INDEX)):
        page.clock.run_for(ANSWERED_WITHIN / 2)  # type: ignore[arg-type]
    with page.expect_response(lambda answer: answer.url.endswith(INDEX)):
        page.clock.run_for(ANSWERED_WITHIN / 2)  # type: ignore[arg-type]
    assert page.evaluate("document.querySelector('#overview').isTheSame")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_when_the_session_has_ended_the_page_to_sign_in_is_shown(page: Page) -> None:
    page.goto(INDEX)
    page.context.clear_cookies()
    page.clock.run_for(ANSWERED_WITHIN)
    expect(page.get_by_label("Password")).to_be_visible()
