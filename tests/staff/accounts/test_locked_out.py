"""Too many failed tries: an account is locked for an address, and nobody else is."""

import pytest
from axes.models import AccessAttempt, AccessLog
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from structlog.testing import capture_logs

from callbacks.accounts import audit_log, sign_in_throttle
from callbacks.core.clock import now
from callbacks.models import AuditEntry, PeriodicJob
from callbacks.staff.accounts import sign_in
from callbacks.worker import housekeeping
from tests.support.staff.signing_in import INDEX, LOGIN, browser, send_password, with_password

pytestmark = pytest.mark.django_db

OFFICE, ELSEWHERE = "198.51.100.7", "203.0.113.9"


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


@pytest.fixture
def people(chief: User, agent: User) -> tuple[User, User]:
    return with_password(chief), with_password(agent)


def fail(name: str, times: int, address: str = OFFICE) -> list[int]:
    return [
        send_password(browser(), name, "wrong", REMOTE_ADDR=address).status_code
        for _ in range(times)
    ]


def gets_in(name: str, address: str = OFFICE) -> bool:
    client = Client(headers={"accept-language": "en"}, REMOTE_ADDR=address)
    send_password(client, name)
    return client.get(INDEX).status_code == 200


def test_after_five_failures_even_the_right_password_fails(people: tuple[User, User]) -> None:
    assert fail("chief", 5) == [200, 200, 200, 200, 429]
    answer = send_password(browser(), "chief", REMOTE_ADDR=OFFICE)
    assert answer.status_code == 429
    assert answer["Retry-After"] == str(15 * 60)
    assert "Try again in 15 minutes." in answer.content.decode()
    assert not gets_in("chief")


def test_colleagues_and_other_places_are_not_locked(people: tuple[User, User]) -> None:
    fail("chief", 6)
    assert gets_in("agent")
    assert gets_in("chief", ELSEWHERE)


def test_another_browser_is_no_way_around_it(people: tuple[User, User]) -> None:
    for number in range(5):
        client = Client(headers={"user-agent": f"browser {number}"}, REMOTE_ADDR=OFFICE)
        send_password(client, "chief", "wrong")
    assert not gets_in("chief")


def test_another_address_of_the_same_subscriber_is_no_way_around_it(
    people: tuple[User, User],
) -> None:
    for number in range(5):
        fail("chief", 1, f"2001:db8:1:2::{number}")
    assert not gets_in("chief", "2001:db8:1:2::ffff")
    assert gets_in("chief", "2001:db8:1:3::1")


def test_a_made_up_address_is_no_way_around_it(people: tuple[User, User]) -> None:
    for number in range(5):
        send_password(
            browser(),
            "chief",
            "wrong",
            REMOTE_ADDR=OFFICE,
            HTTP_X_FORWARDED_FOR=f"192.0.2.{number}",
        )
    assert not gets_in("chief")


def test_the_lock_ends_though_somebody_goes_on_trying(people: tuple[User, User]) -> None:
    fail("chief", 8)
    AccessAttempt.objects.update(attempt_time=now() - django_settings.AXES_COOLOFF_TIME)
    assert gets_in("chief")


def test_success_forgets_failures(people: tuple[User, User]) -> None:
    fail("chief", 4)
    assert gets_in("chief")
    assert fail("chief", 4) == [200] * 4


def test_names_that_do_not_exist_are_answered_alike(people: tuple[User, User]) -> None:
    assert fail("nobody", 5) == fail("chief", 5)


def test_one_address_cannot_try_many_accounts(people: tuple[User, User], settings) -> None:
    settings.RATE_SIGN_IN = "3/h"
    assert [fail(f"name {number}", 1)[0] for number in range(5)] == [200, 200, 200, 429, 429]
    assert gets_in("chief", ELSEWHERE)


def test_a_cache_that_is_away_turns_nobody_away(
    people: tuple[User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object, **options: object) -> None:
        raise ConnectionError("the cache is away")

    with capture_logs() as logs:
        with monkeypatch.context() as broken:
            broken.setattr(sign_in, "get_usage", away)
            assert gets_in("chief")
            assert gets_in("chief")
        assert [entry["event"] for entry in logs] == ["cache_away"]
        assert gets_in("chief")
    assert [entry["event"] for entry in logs] == ["cache_away", "cache_back"]


def test_the_trail_tells_what_was_tried_and_no_name_that_was_typed(
    people: tuple[User, User],
) -> None:
    AuditEntry.objects.all().delete()
    fail("chief", 7)
    fail("my secret passw0rd", 1)
    entries = AuditEntry.objects.order_by("pk").values_list("action", "person_name", "facts")
    # The fifth is the one that locks.
    known = [(audit_log.SIGN_IN_FAILED, "chief", {})] * 4  # type: ignore[var-annotated]
    assert list(entries) == [
        *known,
        (audit_log.LOCKED, "chief", {}),
        (audit_log.SIGN_IN_FAILED, "", {"unknown_account": True}),
    ]


def test_the_log_names_nobody(people: tuple[User, User], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    fail("chief", 6)
    text = caplog.text
    assert "sign_in_locked" in text
    for secret in ("'chief'", '"chief"', OFFICE, "wrong"):
        assert secret not in text


def test_what_axes_keeps_is_gone_after_a_day(people: tuple[User, User]) -> None:
    fail("chief", 2)
    assert gets_in("agent")
    assert not AccessLog.objects.exists()
    kept = AccessAttempt.objects.get()
    assert "wrong" not in kept.post_data
    housekeeping.run_round()
    assert AccessAttempt.objects.exists()
    AccessAttempt.objects.update(attempt_time=now() - sign_in_throttle.KEPT)
    PeriodicJob.objects.update(until=now())
    housekeeping.run_round()
    assert not AccessAttempt.objects.exists()


def test_the_sign_in_page_leads_to_a_new_password() -> None:
    assert 'href="/admin/password-reset/"' in browser().get(LOGIN).content.decode()
