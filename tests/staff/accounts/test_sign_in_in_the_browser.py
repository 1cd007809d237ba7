"""A person's morning in a real browser: signing in with a phone, finding a failed request by its
number, retrying it, seeing it called.
"""

import re
import time
from base64 import b32decode
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.urls import reverse
from django_otp.oath import TOTP
from playwright.sync_api import Browser, Page, expect

from callbacks.accounts import two_factor
from callbacks.dispatch import place_next
from callbacks.models import AuditEntry, CallRequest, Reason, Status
from tests.support.browsers.admin import DESKTOP, PHONE, faults, watched
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request
from tests.support.staff.pages import LIST, page_of, signed_in
from tests.support.staff.roles import member
from tests.support.staff.signing_in import (
    CHECK,
    INDEX,
    LOGIN,
    MANAGE,
    PASSWORD,
    SET_UP,
    code_of,
    send_password,
    with_password,
    with_phone,
)
from tests.support.staff.signing_in import browser as client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def required(settings: Any) -> None:
    settings.REQUIRE_TWO_FACTOR = True
    cache.clear()


@pytest.fixture
def page(browser: Browser, live_server: Any) -> Iterator[Page]:
    context = browser.new_context(
        locale="en", base_url=live_server.url, viewport={"width": 1280, "height": 900}
    )
    yield watched(context.new_page())
    context.close()


def type_password(page: Page, user: User) -> None:
    page.goto(LOGIN)
    page.get_by_label("User name or email").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def at(address: str) -> re.Pattern[str]:
    """That page, whatever stands after its address."""
    return re.compile(re.escape(address))


def code_for(secret: str) -> str:
    """What an authenticator app shows once the secret was typed into it."""
    totp = TOTP(b32decode(secret.replace(" ", "")))
    totp.time = time.time()
    return f"{totp.token():06}"


def test_a_managers_morning(page: Page) -> None:
    manager = with_password(member("managers"))
    call_request = make_request(
        number="+33612345678", status=Status.FAILED, reason=Reason.REFUSED, attempts_made=1
    )
    make_request(number="+33698765432", status=Status.FAILED)

    type_password(page, manager)
    page.wait_for_url(at(SET_UP))
    expect(page.locator(".staff-qr svg")).to_be_visible()
    page.get_by_role("textbox", name="Code").fill(
        code_for(page.locator(".staff-secret").inner_text())
    )
    page.get_by_role("button", name="Set up").click()
    expect(page.locator(".staff-codes li")).to_have_count(two_factor.RECOVERY_CODES)
    recovery_code = page.locator(".staff-codes li").first.inner_text()
    page.get_by_role("link", name="I have saved them").click()
    page.wait_for_url(f"**{INDEX}")

    page.goto(LIST)
    page.get_by_label("Search").fill("06 12 34 56 78")
    page.get_by_label("Search").press("Enter")
    page.wait_for_url("**?q=number*")
    expect(page.locator("tr.data-row")).to_have_count(1)
    expect(page.locator("tr.data-row")).to_contain_text("+33 6 •• •• •• 78")
    page.locator("tr.data-row a").first.click()
    page.wait_for_url(at(page_of(call_request)))
    page.get_by_role("button", name="Show number and email").click()
    expect(page.locator(".staff-facts")).to_contain_text("+33 6 12 34 56 78")

    page.get_by_role("link", name="Retry").click()
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("1 request is back in the queue.")).to_be_visible()
    api = FakeApi()
    place_next(api)  # type: ignore[arg-type]
    assert [call["destination"] for call in api.calls] == ["+33612345678"]
    page.reload()
    expect(page.locator("#now")).to_contain_text("Called")

    page.goto(reverse("admin:callbacks_auditentry_changelist"))
    for told in ("Signed in", "Showed a number and an email", "Retried a request"):
        expect(page.locator("tr.data-row", has_text=told)).to_have_count(1)

    # The next day, without the phone.
    page.context.clear_cookies()
    type_password(page, manager)
    page.wait_for_url(at(CHECK))
    page.get_by_role("textbox", name="Code").fill(recovery_code)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"**{INDEX}")


def test_signing_in_with_the_phone(page: Page) -> None:
    user = with_password(member("operators"))
    phone = with_phone(user)
    type_password(page, user)
    page.wait_for_url(at(CHECK))
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("This code is wrong")).to_be_visible()
    phone.refresh_from_db()
    phone.throttle_reset()
    page.get_by_role("textbox", name="Code").fill(code_of(phone))
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"**{INDEX}")


@pytest.mark.parametrize(
    ("role", "may_act", "may_see_numbers"),
    [("viewers", False, False), ("operators", True, True), ("managers", True, True)],
)
def test_each_role_sees_what_it_may(
    page: Page, settings: Any, live_server: Any, role: str, may_act: bool, may_see_numbers: bool
) -> None:
    settings.REQUIRE_TWO_FACTOR = False
    call_request = make_request(status=Status.FAILED)
    type_password(page, with_password(member(role)))
    page.wait_for_url(f"**{INDEX}")
    page.goto(page_of(call_request))
    expect(page.locator("#now")).to_be_visible()
    expect(page.get_by_role("link", name="Retry")).to_have_count(int(may_act))
    expect(page.get_by_role("button", name="Add note")).to_have_count(int(may_act))
    expect(page.get_by_role("button", name="Show number")).to_have_count(int(may_see_numbers))
    act = reverse("admin:callbacks_callrequest_act", args=["retry"])
    statuses = {
        f"{act}?request={call_request.pk}": may_act,
        reverse("admin:callbacks_widget_add"): role == "managers",
        reverse("admin:callbacks_auditentry_changelist"): role == "managers",
        reverse("admin:auth_user_changelist"): role == "managers",
        reverse("admin:auth_group_changelist"): False,
    }
    for address, may in statuses.items():
        assert page.goto(address).status == (200 if may else 403), address  # type: ignore[union-attr]


def entrances(page: Page, user: User) -> Iterator[str]:
    """Every page of signing in, one after the other."""
    yield LOGIN
    for name in (
        "admin_password_reset",
        "password_reset_done",
        "password_reset_complete",
        "invitation_accepted",
    ):
        yield reverse(f"admin:{name}")
    yield reverse("admin:password_reset_confirm", args=["x", "y"])
    key = signed_in(user).cookies["sessionid"].value
    page.context.add_cookies(
        [{"name": "sessionid", "value": key, "url": f"{page.url.split('/admin')[0]}/admin/"}]
    )
    yield SET_UP
    with_phone(user)
    yield CHECK


@pytest.mark.thorough
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_sound(page: Page, scheme: Any, settings: Any) -> None:
    trouble: list[str] = []
    page.on("console", lambda m: trouble.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.emulate_media(color_scheme=scheme)
    manager = with_password(member("managers"))

    def look(name: str) -> None:
        for size in (PHONE, DESKTOP):
            page.set_viewport_size(size)
            trouble.extend(f"{name}: {fault}" for fault in faults(page))

    for address in entrances(page, manager):
        page.goto(address)
        look(address)
    page.get_by_role("textbox", name="Code").fill(two_factor.new_recovery_codes(manager)[0])
    page.get_by_role("button", name="Continue").click()
    for address in (MANAGE, reverse("admin:callbacks_auditentry_changelist")):
        page.goto(address)
        look(address)
    page.goto(MANAGE)
    page.get_by_role("textbox", name="Code").fill(two_factor.new_recovery_codes(manager)[1])
    page.get_by_role("button", name="Create new recovery codes").click()
    expect(page.locator(".staff-codes li")).to_have_count(two_factor.RECOVERY_CODES)
    look("recovery codes")
    page.context.clear_cookies()
    for _ in range(settings.SIGN_IN_TRIES):
        send_password(client(), manager.username, "wrong")
    assert trouble == []
    type_password(page, manager)
    expect(page.get_by_text("Too many sign-in attempts")).to_be_visible()
    look("turned away")
    assert [one for one in trouble if "429" not in one] == []
    assert AuditEntry.objects.exists()
    assert not CallRequest.objects.exists()
