"""Sessions end: with the browser, after twelve hours, after an hour without activity."""

import time

import pytest
from django.contrib.auth.models import User
from django.test import Client

from callbacks.accounts import audit_log
from callbacks.models import AuditEntry
from callbacks.staff.accounts import session_end
from callbacks.staff.common import background
from tests.support.staff.pages import LIST
from tests.support.staff.signing_in import INDEX, LOGIN, browser, send_password, with_password

pytestmark = pytest.mark.django_db

MINUTE = 60
HOUR = 60 * MINUTE


@pytest.fixture
def client_(chief: User) -> Client:
    client = browser()
    send_password(client, with_password(chief).username)
    return client


class Watch:
    """A clock that can be put forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def time(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(session_end, "time", watch)
    return watch


def is_in(client: Client) -> bool:
    return client.get(INDEX).status_code == 200


def test_the_cookie_ends_with_the_browser_and_is_the_admins_alone(client_: Client) -> None:
    cookie = client_.cookies["sessionid"]
    assert (cookie["expires"], cookie["max-age"]) == ("", "")
    assert cookie["path"] == "/admin/"
    assert cookie["httponly"]


def test_messages_set_no_cookie_of_their_own(client_: Client) -> None:
    client_.post("/admin/callbacks/callrequest/", {"q": "#999"})
    assert set(client_.cookies) == {"sessionid", "csrftoken"} - (
        set() if "csrftoken" in client_.cookies else {"csrftoken"}
    )


def test_without_activity_it_ends(client_: Client, watch: Watch) -> None:
    watch.ahead = HOUR - MINUTE
    assert is_in(client_)
    watch.ahead += HOUR + MINUTE
    answer = client_.get(LIST, follow=True)
    assert answer.redirect_chain[-1][0] == f"{LOGIN}?next={LIST}"
    assert "because of inactivity. Sign in again." in answer.content.decode()
    assert AuditEntry.objects.get(action=audit_log.SIGN_OUT).facts == {"ended": session_end.IDLE}


@pytest.mark.parametrize("page", [INDEX, LIST])
def test_a_page_that_refreshes_itself_is_no_activity(
    client_: Client, watch: Watch, page: str
) -> None:
    for _ in range(3):
        watch.ahead += 15 * MINUTE
        assert client_.get(page, headers={background.HEADER: "1"}).status_code == 200
    watch.ahead += 16 * MINUTE
    assert client_.get(page, headers={background.HEADER: "1"}).status_code == 302
    assert AuditEntry.objects.get(action=audit_log.SIGN_OUT).facts == {"ended": session_end.IDLE}


@pytest.mark.slow
def test_with_activity_it_ends_too_in_the_end(client_: Client, watch: Watch) -> None:
    for _ in range(23):
        watch.ahead += HOUR / 2
        assert is_in(client_)
    watch.ahead += HOUR / 2 + MINUTE
    assert not is_in(client_)
    assert AuditEntry.objects.get(action=audit_log.SIGN_OUT).facts == {"ended": session_end.OLD}


def test_a_session_that_does_not_say_when_it_began_is_over(client_: Client) -> None:
    session = client_.session
    del session[session_end.BEGAN]
    session.save()
    assert not is_in(client_)


def test_activity_costs_a_write_a_minute_at_most(client_: Client, watch: Watch) -> None:
    watch.ahead = 2 * MINUTE
    assert is_in(client_)
    seen = client_.session[session_end.SEEN]
    watch.ahead += MINUTE / 2
    assert is_in(client_)
    assert client_.session[session_end.SEEN] == seen
