"""The recipients of team emails in a real browser, on a phone."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django import Settings

from callbacks.models import TeamMailRecipient
from callbacks.team_mails import unsubscribing
from tests.support.browsers.admin import PHONE, faults
from tests.support.factories import make_widget
from tests.support.team_mails import add

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = f"{'x' * 40}@shop.example.fr"


def test_a_recipient_is_added_and_removed_on_a_phone(page: Page) -> None:
    shop = make_widget(name="Shop")
    unsubscribing.stop(add(shop, email=LONG))
    page.set_viewport_size(PHONE)
    page.goto(reverse("admin:callbacks_widget_change", args=[shop.pk]))
    page.get_by_role("link", name="Emails to the team").click()
    assert faults(page) == []
    page.get_by_label("Email address").fill("owner@shop.example.fr")
    page.get_by_label("A daily summary").check()
    page.get_by_label("Time of the daily summary").fill("18:45")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("The recipient is added.")).to_be_visible()
    expect(page.get_by_role("cell", name="a daily summary (18:45)")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("link", name=f"Remove {LONG}").click()
    assert faults(page) == []
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The recipient is removed.")).to_be_visible()
    [recipient] = TeamMailRecipient.objects.all()
    assert (recipient.wants_new, recipient.wants_digest) == (True, True)
    assert page.trouble == []  # type: ignore[attr-defined]


def test_the_link_in_an_email_stops_it_after_a_question(
    page: Page, live_server: Any, settings: Settings
) -> None:
    settings.PUBLIC_URL = live_server.url
    recipient = add(make_widget(name="Shop"))
    page.set_viewport_size(PHONE)
    page.goto(reverse("public:stop_team_emails", args=[unsubscribing.code_of(recipient)]))
    assert faults(page) == []
    page.get_by_role("button", name="Stop these emails").click()
    expect(page.get_by_role("heading", name="You won't get these emails any more")).to_be_visible()
    assert faults(page) == []
    assert TeamMailRecipient.objects.get().stopped_at is not None
