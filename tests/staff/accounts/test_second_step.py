"""The second step: who is asked, what opens the door, and what nobody reaches before it."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from callbacks.accounts import audit_log, two_factor
from callbacks.models import AuditEntry, Status
from tests.support.factories import make_request
from tests.support.staff.pages import LIST, action_url, make_staff, signed_in
from tests.support.staff.signing_in import (
    CHECK,
    INDEX,
    LOGIN,
    MANAGE,
    SET_UP,
    browser,
    code_of,
    send_password,
    with_password,
    with_phone,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def required(settings) -> None:
    settings.REQUIRE_TWO_FACTOR = True


@pytest.fixture
def phone(chief: User) -> TOTPDevice:
    return with_phone(with_password(chief))


def codes_on(html: str) -> list[str]:
    return re.findall(r"<li><code>([a-z2-7]{4}-[a-z2-7]{4})</code></li>", html)


def is_in(client: Client) -> bool:
    return client.get(INDEX).status_code == 200


def test_a_password_alone_opens_nothing(phone: TOTPDevice) -> None:
    client = browser()
    answer = send_password(client, "chief", follow=True)
    assert answer.redirect_chain[-1][0].startswith(CHECK)
    assert not is_in(client)
    assert client.get(LIST).status_code == 302


def test_the_code_opens_and_leads_to_where_one_wanted_to_go(phone: TOTPDevice) -> None:
    client = browser()
    send_password(client, "chief")
    asked = client.get(LIST, follow=True).redirect_chain[-1][0]
    assert asked == f"{CHECK}?next={LIST}"
    key = client.session.session_key
    answer = client.post(asked, {"code": code_of(phone)})
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    assert is_in(client)
    assert client.session.session_key != key


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example/admin/", "/w/x/"])
def test_the_second_step_leads_nowhere_else(phone: TOTPDevice, wanted: str) -> None:
    client = browser()
    send_password(client, "chief")
    answer = client.post(CHECK, {"code": code_of(phone), "next": wanted})
    assert answer["Location"] == INDEX


@pytest.mark.parametrize("typed", ["000000", "", "12345", "abcd-efgh", "٣" * 6, "\0", "9" * 20])
def test_a_wrong_code_does_not_open(phone: TOTPDevice, typed: str) -> None:
    client = browser()
    send_password(client, "chief")
    if typed == code_of(phone):
        typed = "111111"
    assert client.post(CHECK, {"code": typed}).status_code == 200
    assert not is_in(client)


def test_a_code_works_once(phone: TOTPDevice) -> None:
    code, first, second = code_of(phone), browser(), browser()
    for client in (first, second):
        send_password(client, "chief")
        client.post(CHECK, {"code": code})
    assert is_in(first)
    assert not is_in(second)


def test_after_wrong_codes_the_right_one_has_to_wait(phone: TOTPDevice) -> None:
    client = browser()
    send_password(client, "chief")
    for _ in range(3):
        client.post(CHECK, {"code": "000001"})
        TOTPDevice.objects.update(throttling_failure_timestamp=timezone.now() - timedelta(hours=1))
    client.post(CHECK, {"code": "000001"})
    client.post(CHECK, {"code": code_of(phone)})
    assert not is_in(client)
    TOTPDevice.objects.update(throttling_failure_timestamp=timezone.now() - timedelta(hours=1))
    client.post(CHECK, {"code": code_of(phone)})
    assert is_in(client)


def test_a_recovery_code_opens_once_however_it_is_typed(phone: TOTPDevice, chief: User) -> None:
    code = two_factor.new_recovery_codes(chief)[0]
    for typed, opens in ((f" {code.upper().replace('-', ' ')} ", True), (code, False)):
        client = browser()
        send_password(client, "chief")
        client.post(CHECK, {"code": typed})
        assert is_in(client) is opens
    assert two_factor.codes_left(chief) == two_factor.RECOVERY_CODES - 1


def test_somebody_elses_code_does_not_open(phone: TOTPDevice, agent: User) -> None:
    other = with_phone(agent)
    codes = two_factor.new_recovery_codes(agent)
    client = browser()
    send_password(client, "chief")
    for typed in (code_of(other), codes[0]):
        client.post(CHECK, {"code": typed})
        TOTPDevice.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    assert not is_in(client)


def addresses() -> list[str]:
    """Every address of the admin that can be written down."""
    found = []
    for name in get_resolver().namespace_dict["admin"][1].reverse_dict:
        for args in ((), (1,), ("auth",), ("retry",)):
            try:
                found.append(reverse(f"admin:{name}", args=args))
            except (NoReverseMatch, TypeError):
                continue
    return found


OPEN = {
    LOGIN,
    CHECK,
    SET_UP,
    MANAGE,
    reverse("admin:second_step_leave"),
    reverse("admin:admin_password_reset"),
    reverse("admin:password_reset_done"),
    reverse("admin:password_reset_complete"),
    reverse("admin:invitation_accepted"),
}


@pytest.mark.thorough
@pytest.mark.parametrize("has_phone", [True, False])
def test_before_the_second_step_no_address_answers(chief: User, has_phone: bool) -> None:
    make_request(status=Status.FAILED)
    if has_phone:
        with_phone(chief)
    client = signed_in(chief)
    tried = [address for address in addresses() if address not in OPEN]
    assert len(tried) > 30
    assert {LIST, action_url("retry"), reverse("admin:calling")} <= set(tried)
    for address in tried:
        for method in (client.get, client.post):
            answer = method(address)
            assert answer.status_code == 302, address
            # The admin's own sign-out leads to its first page, which leads on to the sign-in.
            leads_to = INDEX if address == reverse("admin:logout") else LOGIN
            assert answer["Location"].startswith(leads_to), address


def test_a_powerful_account_reaches_only_the_set_up(chief: User) -> None:
    client = signed_in(chief)
    answer = client.get(LIST, follow=True)
    assert answer.redirect_chain[-1][0].startswith(SET_UP)
    for address in (MANAGE, CHECK):
        assert client.get(address, follow=True).redirect_chain[-1][0].startswith(SET_UP)


def begun(client: Client) -> TOTPDevice:
    """The phone with the secret that this session was shown."""
    return two_factor.unsaved_phone(User(), client.session["two_factor_secret"])


def test_setting_it_up_shows_codes_once_and_lets_in(chief: User) -> None:
    client = signed_in(chief)
    page = client.get(SET_UP)
    html = page.content.decode()
    device = begun(client)
    assert "<svg" in html
    assert two_factor.secret_of(device) in html
    assert page["Cache-Control"].startswith("max-age=0")
    assert client.post(SET_UP, {"code": "000000"}).status_code == 200
    assert not is_in(client)
    assert not TOTPDevice.objects.exists()
    shown = codes_on(client.post(SET_UP, {"code": code_of(device)}).content.decode())
    assert len(shown) == two_factor.RECOVERY_CODES
    assert is_in(client)
    again = client.get(SET_UP, follow=True).content.decode()
    assert codes_on(again) == []
    assert two_factor.secret_of(device) not in again


def test_who_has_a_phone_cannot_set_up_another_past_it(phone: TOTPDevice, chief: User) -> None:
    client = signed_in(chief)
    answer = client.get(SET_UP)
    assert (answer.status_code, answer["Location"]) == (302, CHECK)
    mine = two_factor.unsaved_phone(chief, two_factor.new_secret())
    client.post(SET_UP, {"code": code_of(mine)})
    assert not is_in(client)
    assert two_factor.add_phone(chief, mine.key, code_of(mine)) is None
    assert TOTPDevice.objects.get() == phone


def test_a_secret_that_somebody_saw_before_opens_nothing(chief: User) -> None:
    """Who knew the password before the phone was set up must not know its secret as well."""
    stranger, owner = signed_in(chief), signed_in(chief)
    stranger.get(SET_UP)
    seen = begun(stranger)
    owner.get(SET_UP)
    assert begun(owner).key != seen.key
    first = begun(owner).key
    owner.get(SET_UP)
    assert begun(owner).key != first  # the page was left open, perhaps
    owner.post(SET_UP, {"code": code_of(begun(owner))})
    assert is_in(owner)
    assert TOTPDevice.objects.get().key != seen.key
    stranger.post(SET_UP, {"code": code_of(seen)})
    assert not is_in(stranger)


def test_others_may_and_are_asked_from_then_on(agent: User) -> None:
    client = signed_in(agent)
    assert is_in(client)
    client.get(SET_UP)
    client.post(SET_UP, {"code": code_of(begun(client))})
    assert is_in(client)
    assert not is_in(signed_in(agent))


@pytest.mark.parametrize("permission", ["unmask_callrequest", "change_callcontrol", "change_user"])
def test_the_second_step_is_asked_of_who_can_do_much(permission: str) -> None:
    assert not is_in(signed_in(make_staff("powerful", permission)))


def test_where_it_is_not_required_nobody_has_to(settings, chief: User) -> None:
    settings.REQUIRE_TWO_FACTOR = False
    assert is_in(signed_in(chief))
    with_phone(chief)
    assert not is_in(signed_in(chief))


def test_new_codes_and_removal_need_a_code(phone: TOTPDevice, chief: User) -> None:
    two_factor.new_recovery_codes(chief)
    client = browser()
    send_password(client, "chief")
    client.post(CHECK, {"code": code_of(phone)})
    old = set(StaticToken.objects.values_list("token", flat=True))
    for do in ("codes", "remove"):
        client.post(MANAGE, {"do": do, "code": "abcd-efgh"})
    assert set(StaticToken.objects.values_list("token", flat=True)) == old
    assert two_factor.is_set_up(chief)
    shown = codes_on(
        client.post(MANAGE, {"do": "codes", "code": code_of(phone, later=1)}).content.decode()
    )
    assert len(shown) == two_factor.RECOVERY_CODES
    assert not old & set(StaticToken.objects.values_list("token", flat=True))
    client.post(MANAGE, {"do": "remove", "code": shown[0]})
    assert not two_factor.is_set_up(chief)
    # It is required of this account, so there is nothing to go on with.
    assert not is_in(client)


def test_new_codes_do_not_throw_out_who_came_in_by_an_old_one(
    phone: TOTPDevice, chief: User
) -> None:
    codes = two_factor.new_recovery_codes(chief)
    client = browser()
    send_password(client, "chief")
    client.post(CHECK, {"code": codes[0]})
    shown = codes_on(client.post(MANAGE, {"do": "codes", "code": codes[1]}).content.decode())
    assert len(shown) == two_factor.RECOVERY_CODES
    assert is_in(client)
    assert two_factor.check(chief, codes[2]) is None


def test_a_superuser_removes_it_for_who_lost_the_phone(
    settings, staff: Client, agent: User
) -> None:
    settings.REQUIRE_TWO_FACTOR = False
    with_phone(agent)
    address = reverse("admin:auth_user_second_step_remove", args=[agent.pk])
    assert address in staff.get(reverse("admin:auth_user_change", args=[agent.pk])).content.decode()
    manager = make_staff("manager", "view_user", "change_user")
    assert signed_in(manager).post(address).status_code == 403
    assert staff.get(address).status_code == 405
    assert two_factor.is_set_up(agent)
    staff.post(address)
    assert not two_factor.is_set_up(agent)
    assert AuditEntry.objects.get(action=audit_log.SECOND_STEP_OFF).about == "agent"


def test_secrets_are_no_table_of_the_admin(settings, staff: Client, chief: User) -> None:
    settings.REQUIRE_TWO_FACTOR = False
    for app in ("otp_totp", "otp_static", "axes"):
        assert staff.get(f"/admin/{app}/").status_code == 404


def test_who_is_half_way_in_can_leave(phone: TOTPDevice) -> None:
    client = browser()
    send_password(client, "chief")
    leave = reverse("admin:second_step_leave")
    assert leave in client.get(CHECK).content.decode()
    client.post(leave)
    assert "_auth_user_id" not in client.session


def test_strangers_are_sent_to_the_sign_in_page() -> None:
    for address in (CHECK, SET_UP, MANAGE):
        answer = browser().get(address)
        assert (answer.status_code, answer["Location"]) == (302, LOGIN)


def test_the_trail_tells_of_each_step(phone: TOTPDevice) -> None:
    client = browser()
    send_password(client, "chief")
    client.post(CHECK, {"code": "abcd-efgh"})
    client.post(CHECK, {"code": code_of(phone)})
    client.post(reverse("admin:logout"))
    told = list(
        AuditEntry.objects.exclude(action=audit_log.PASSWORD)
        .order_by("pk")
        .values_list("action", "person_name")
    )
    actions = [
        audit_log.SIGN_IN,
        audit_log.SECOND_STEP_FAILED,
        audit_log.SECOND_STEP,
        audit_log.SIGN_OUT,
    ]
    assert told == [(action, "chief") for action in actions]
