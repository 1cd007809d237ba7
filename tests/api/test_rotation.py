"""A key gets a new secret; the old one works until a given time, and the key stays the same."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from callbacks.accounts import api_keys
from callbacks.core import clock
from callbacks.models import ApiKey, AuditEntry, CallRequest, Scope
from tests.support.api import API, JsonClient, make_key
from tests.support.concurrency import concurrently
from tests.support.factories import make_widget
from tests.support.staff.pages import signed_in
from tests.support.staff.roles import member

pytestmark = pytest.mark.django_db


def rotate(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    pk = str(ApiKey.objects.get().pk)
    call_command("rotate_api_key", pk, *arguments, stdout=out, stderr=err)
    return out.getvalue().split()[-1], err.getvalue()


def client(secret: str) -> JsonClient:
    return JsonClient(headers={"authorization": f"Bearer {secret}"})


def get(secret: str) -> int:
    return int(client(secret).get(f"{API}/requests").status_code)


def test_both_secrets_work_until_the_given_time() -> None:
    old, start = make_key(Scope.READ), clock.now()
    end = start + timedelta(hours=3)
    new, told = rotate("--until", end.isoformat())
    assert new != old
    assert old[-4:] in told
    assert new not in told
    for moment, works in ((start, 200), (end - timedelta(seconds=1), 200), (end, 401)):
        with clock.set_to(moment):
            assert (get(old), get(new)) == (works, 200)
    entry = AuditEntry.objects.get(action="api_key.rotate")
    assert entry.facts["until"] == end.isoformat()
    stored = repr(list(ApiKey.objects.values()))
    assert old not in stored
    assert new not in stored


def test_a_day_is_the_default_and_at_once_is_at_once() -> None:
    old, start = make_key(Scope.READ), clock.now()
    second, _told = rotate()
    with clock.set_to(start + timedelta(hours=23)):
        assert get(old) == 200
    with clock.set_to(start + timedelta(hours=25)):
        assert get(old) == 401
    third, _told = rotate("--at-once")
    assert (get(old), get(second), get(third)) == (401, 401, 200)


def test_only_the_latest_two_secrets_ever_work() -> None:
    first = make_key(Scope.READ)
    second, _told = rotate()
    third, _told = rotate()
    assert [get(secret) for secret in (first, second, third)] == [401, 200, 200]


def test_a_revoked_key_works_with_no_secret_and_is_not_rotated() -> None:
    old = make_key(Scope.READ)
    new, _told = rotate()
    api_keys.revoke(ApiKey.objects.get())
    assert (get(old), get(new)) == (401, 401)
    with pytest.raises(CommandError):
        rotate()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--until", "tomorrow"),
        ("--until", "2020-01-01T00:00:00Z"),
        ("--until", "2199-01-01T00:00:00Z"),
        ("--until", "2026-12-01T00:00:00"),
    ],
)
def test_a_wrong_time_rotates_nothing(arguments: tuple[str, ...]) -> None:
    secret = make_key(Scope.READ)
    with pytest.raises(CommandError):
        rotate(*arguments)
    assert get(secret) == 200
    assert not AuditEntry.objects.filter(action="api_key.rotate").exists()
    with pytest.raises(CommandError):
        call_command("rotate_api_key", "999999")


def test_an_idempotency_key_and_the_count_of_uses_stay_the_keys_own(settings: Any) -> None:
    settings.RATE_PER_KEY = "5/h"
    old, widget = make_key(Scope.WRITE), make_widget()
    sent = {
        "widget": widget.public_id,
        "number": "06 12 34 56 78",
        "email": "jo@example.fr",
        "consent": {"text": "Call me.", "given_at": clock.now().isoformat()},
    }
    headers = {"Idempotency-Key": "order-1"}
    first = client(old).post(f"{API}/requests", sent, headers=headers)
    new, _told = rotate()
    again = client(new).post(f"{API}/requests", sent, headers=headers)
    assert again.json() == first.json()
    assert CallRequest.objects.count() == 1
    assert again.headers["RateLimit-Remaining"] == "3"


def test_staff_see_until_when_the_old_secret_works() -> None:
    old = make_key(Scope.READ)
    rotate()
    key = ApiKey.objects.get()
    page = reverse("admin:callbacks_apikey_change", args=[key.pk])
    manager = signed_in(member("managers"))
    assert f"…{old[-4:]}, works until" in manager.get(page).content.decode()
    with clock.set_to(clock.now() + timedelta(days=2)):
        assert f"…{old[-4:]}, no longer works" in manager.get(page).content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_two_rotations_at_once_one_is_made() -> None:
    make_key(Scope.READ)
    key = ApiKey.objects.get()
    until = clock.now() + timedelta(hours=1)
    secrets = concurrently(4, lambda _index: api_keys.rotate(key, until))
    [secret] = filter(None, secrets)
    assert get(secret) == 200
    assert AuditEntry.objects.filter(action="api_key.rotate").count() == 1
