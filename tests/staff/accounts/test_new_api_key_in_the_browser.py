"""The pages that create an API key in a real browser: nothing blocked, nothing that fails axe."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from callbacks.models import ApiKey
from tests.support.browsers.admin import PHONE, faults
from tests.support.factories import make_widget

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_key_is_created_and_shown(page: Page, scheme: Any) -> None:
    make_widget(name="Shop")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(PHONE)
    found = []
    page.goto(reverse("admin:callbacks_apikey_add"))
    found += faults(page)
    page.get_by_role("button", name="Create the key").click()
    page.wait_for_selector("text=This field is required.")
    found += faults(page)
    page.get_by_label("Name").fill("CRM of the shop")
    page.get_by_label("Read requests").check()
    page.get_by_label("Widget").select_option(label="Shop")
    page.get_by_role("button", name="Create the key").click()
    page.wait_for_selector("code.staff-secret")
    found += faults(page)
    assert page.get_by_role("button", name="Copy").is_visible()
    assert found == []
    assert page.trouble == []  # type: ignore[attr-defined]
    assert ApiKey.objects.get().scopes == ["requests:read"]
