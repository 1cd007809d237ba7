"""The admin in a real browser: nothing is blocked by its policy, nothing comes from elsewhere,
and nothing of ours fails axe.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from callbacks.abuse import block_list
from callbacks.core import clock
from callbacks.models import BlockKind, CallRequest, Reason, Status, WebhookEvent
from callbacks.staff.common import unmasking
from callbacks.staff.requests.actions import STAFF_ACTIONS
from callbacks.webhooks import endpoints
from tests.support.browsers.admin import DESKTOP, PHONE, faults
from tests.support.extra_fields import CUSTOMER, NAME, SUBJECT
from tests.support.factories import make_request, make_widget
from tests.support.staff.pages import LIST, action_url, page_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def addresses(call_request: CallRequest) -> list[str]:
    block, _ = block_list.add(BlockKind.NUMBER, call_request.number, reason="asked")
    endpoint = endpoints.create("https://crm.example/hook", list(WebhookEvent), None)
    endpoints.send_test(endpoint)
    actions = [
        f"{action_url(name)}?request={call_request.pk}"
        for name in STAFF_ACTIONS
        if name != "annotate"
    ]
    return [
        reverse("admin:index"),
        LIST,
        f"{LIST}?todo=person&created_at_from=2026-01-01",
        page_of(call_request),
        f"{page_of(call_request)}?_changelist_filters=todo%3Dperson",
        reverse("admin:callbacks_callrequest_retry_all") + "?todo=failed",
        *actions,
        reverse("admin:callbacks_widget_changelist"),
        reverse("admin:callbacks_widget_add"),
        reverse("admin:callbacks_widget_change", args=[call_request.widget_id]),
        f"{reverse('admin:callbacks_widget_change', args=[call_request.widget_id])}#fields",
        reverse("admin:callbacks_widget_field_add", args=[call_request.widget_id]),
        reverse("admin:callbacks_widget_field", args=[call_request.widget_id, "subject"]),
        reverse("admin:callbacks_widget_field_remove", args=[call_request.widget_id, "subject"]),
        reverse("admin:callbacks_block_changelist"),
        reverse("admin:callbacks_block_change", args=[block.pk]),
        reverse("admin:consent_proof", args=[call_request.pk]),
        reverse("admin:callbacks_auditentry_changelist"),
        reverse("admin:callbacks_webhookendpoint_changelist"),
        reverse("admin:callbacks_webhookendpoint_new"),
        reverse("admin:callbacks_webhookendpoint_change", args=[endpoint.pk]),
        reverse("admin:callbacks_webhookendpoint_act", args=[endpoint.pk, "remove"]),
        reverse("admin:bookings"),
        reverse("admin:help"),
        reverse("admin:calling"),
        reverse("admin:auth_user_add"),
    ]


@pytest.mark.thorough
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_sound(page: Page, scheme: Any, size: Any) -> None:
    call_request = make_request(
        widget=make_widget(extra_fields=[SUBJECT, CUSTOMER, NAME | {"is_retired": True}]),
        answers={"subject": "quote", "customer": True},
        status=Status.UNCERTAIN,
        reason=Reason.NO_ANSWER,
        attempts_made=1,
        email=f"{'x' * 60}@example.fr",
        slot_start=clock.now(),
        slot_end=clock.now() + timedelta(minutes=30),
    )
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    found = {}
    for address in addresses(call_request):
        page.goto(address)
        found[address] = faults(page)
    page.goto(LIST)
    page.locator(".filter-open-button").click()
    expect(page.get_by_role("group", name="Requested")).to_be_visible()
    found["filters"] = faults(page)
    assert {address: wrong for address, wrong in found.items() if wrong} == {}
    assert page.trouble == []  # type: ignore[attr-defined]


def test_from_the_list_to_a_retry(page: Page) -> None:
    call_request = make_request(status=Status.UNCERTAIN, attempts_made=1)
    page.goto(LIST)
    page.locator("tbody input.action-select").check()
    page.select_option("select[name=action]", "retry")
    page.get_by_role("button", name="Run").click()
    page.get_by_label("Yes, call again").check()
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("1 request is back in the queue.")).to_be_visible()
    call_request.refresh_from_db()
    assert call_request.status == Status.QUEUED
    assert page.trouble == []  # type: ignore[attr-defined]


def test_a_number_is_looked_up_and_a_filter_chosen(page: Page) -> None:
    make_request(number="+33612345678")
    make_request(status=Status.FAILED)
    page.goto(LIST)
    page.get_by_label("Search").fill("06 12 34 56 78")
    page.get_by_label("Search").press("Enter")
    page.wait_for_url("**?q=number*")
    expect(page.locator("tr.data-row")).to_have_count(1)
    page.get_by_role("link", name="Show all").click()
    expect(page.locator("tr.data-row")).to_have_count(2)
    page.locator(".filter-open-button").click()
    page.locator("#select2-id_status__exact-container").click()
    page.get_by_role("option", name="Failed").click()
    page.get_by_role("button", name="Apply Filters").click()
    expect(page.locator("tr.data-row")).to_have_count(1)
    assert page.trouble == []  # type: ignore[attr-defined]


def test_regions_are_found_by_their_names(page: Page) -> None:
    call_request = make_request()
    widget = call_request.widget
    page.goto(reverse("admin:callbacks_widget_change", args=[widget.pk]))
    expect(page.get_by_text("France – FR (+33)").last).to_be_visible()
    page.locator(".select2-search__field").fill("Belg")
    page.get_by_role("option", name="Belgium – BE (+32)").click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/widget/")
    widget.refresh_from_db()
    assert widget.allowed_regions == ["BE", "FR"]


def test_the_language_is_switched_for_the_admin_alone(page: Page, live_server: Any) -> None:
    page.goto(reverse("admin:index"))
    page.get_by_role("button", name="Account:").click()
    page.get_by_role("button", name="français").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    cookies = page.context.cookies(f"{live_server.url}/w/any/")
    assert cookies == []


def test_a_number_that_is_shown_is_copied_and_hidden_again_in_time(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unmasking, "SECONDS", 8)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(page_of(make_request(number="+33612345678")))
    page.get_by_role("button", name="Show number and email").click()
    link = page.get_by_role("link", name="+33 6 12 34 56 78")
    expect(link).to_have_attribute("href", "tel:+33612345678")
    assert faults(page) == []
    button = page.get_by_role("button", name="Copy the number")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Number copied")).to_be_attached()
    assert page.evaluate("navigator.clipboard.readText()") == "+33612345678"
    expect(button).to_be_focused()  # with its own words again
    expect(link).to_be_hidden(timeout=20_000)
    expect(page.get_by_text("+33 6 •• •• •• 78")).to_be_visible()
    assert page.trouble == []  # type: ignore[attr-defined]
