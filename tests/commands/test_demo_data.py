"""What the demo makes in its database, once, and what it does when the call service changes."""

import pytest
from django.contrib.auth import get_user_model

from callbacks.management.commands import demo
from callbacks.models import Actor, Move, Status
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db

REAL = "https://call.uh.live/api/startcall"
SANDBOX = "http://127.0.0.1:8010/sandbox/api/startcall"


def test_the_user_gets_a_random_password_once():
    password = demo._new_user()
    user = get_user_model().objects.get(username="demo")
    assert user.check_password(password)
    assert user.is_superuser
    assert len(password) == 16
    assert demo._new_user() == ""
    user.refresh_from_db()
    assert user.check_password(password)


@pytest.fixture
def start(settings, tmp_path):
    def start(call_url: str) -> None:
        settings.UHLIVE_CALL_URL = call_url
        demo._hold_what_another_service_left(tmp_path / "service")

    return start


def test_numbers_typed_for_the_sandbox_do_not_ring_for_real(start):
    start(SANDBOX)
    waiting, called = make_request(), make_request(status=Status.CALLED)
    start(REAL)
    for call_request in (waiting, called):
        call_request.refresh_from_db()
    assert (waiting.status, called.status) == (Status.UNCERTAIN, Status.CALLED)
    move = Move.objects.get()
    assert move.actor == Actor.OPERATOR
    assert "another call service" in move.note


@pytest.mark.parametrize("again", [SANDBOX, SANDBOX.replace("8010", "8011")])
def test_with_the_same_service_requests_go_on(start, again):
    start(SANDBOX)
    call_request = make_request()
    start(again)
    call_request.refresh_from_db()
    assert call_request.status == Status.QUEUED


def test_at_the_first_start_nothing_is_held(start):
    call_request = make_request()
    start(REAL)
    call_request.refresh_from_db()
    assert call_request.status == Status.QUEUED
