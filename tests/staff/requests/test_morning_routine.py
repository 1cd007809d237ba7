"""A member of staff's morning, in a browser, each click counted: did everybody get a call, what
failed, retry it, decide about one uncertain request.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Locator, Page, expect

from callbacks.models import CallRequest, Reason, Status
from tests.support.factories import make_request
from tests.support.staff.pages import signed_in
from tests.support.staff.roles import member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOST_CLICKS = 5


@pytest.fixture
def page(browser: Browser, live_server: Any) -> Iterator[Page]:
    """The first page, as an operator sees it after signing in."""
    context = browser.new_context(locale="en", base_url=live_server.url)
    cookie = signed_in(member("operators")).cookies["sessionid"]
    context.add_cookies(
        [{"name": "sessionid", "value": cookie.value, "url": f"{live_server.url}/admin/"}]
    )
    yield context.new_page()
    context.close()


def test_everything_is_dealt_with_in_five_clicks(page: Page) -> None:
    failed = [make_request(status=Status.FAILED, reason=Reason.TOO_LATE) for _ in range(10)]
    uncertain = make_request(status=Status.UNCERTAIN, reason=Reason.NO_ANSWER, attempts_made=1)
    clicks = 0

    def click(what: Locator) -> None:
        nonlocal clicks
        clicks += 1
        what.click()

    page.goto(reverse("admin:index"))
    # Did everybody get a call, and what failed: answered without a click.
    expect(page.locator("#count-failed")).to_contain_text("10")
    expect(page.locator("#count-uncertain")).to_contain_text("1")
    click(page.get_by_role("link", name="Retry all 10"))
    expect(page.get_by_text("Retry: 10 requests")).to_be_visible()
    click(page.get_by_role("button", name="Retry"))
    expect(page.get_by_text("1 uncertain request waits for a decision")).to_be_visible()
    click(page.get_by_role("link", name=uncertain.public_id, exact=True))
    click(page.get_by_role("link", name="Mark as called"))
    click(page.get_by_role("button", name="Mark as called"))
    expect(page.get_by_text("1 request is marked as called.")).to_be_visible()
    assert clicks <= MOST_CLICKS
    keys = [one.pk for one in failed]
    assert set(CallRequest.objects.filter(pk__in=keys).values_list("status", flat=True)) == {
        Status.QUEUED
    }
    uncertain.refresh_from_db()
    assert uncertain.status == Status.CALLED
