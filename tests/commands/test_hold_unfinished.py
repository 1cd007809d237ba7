"""hold_unfinished: after a backup was restored, what was unfinished in it waits for a person."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from callbacks.dispatch import PlaceResult, place_next
from callbacks.lifecycle import retrying
from callbacks.management.commands import hold_unfinished
from callbacks.models import CallRequest, Outcome, Reason, Status
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db


def run(*arguments):
    output = StringIO()
    call_command("hold_unfinished", *arguments, stdout=output)
    return output.getvalue()


@pytest.fixture
def calling():
    """A request whose worker was in the middle of its call when the backup was made."""
    call_request = make_request()
    with pytest.raises(ZeroDivisionError):
        place_next(FakeApi(ZeroDivisionError()))
    call_request.refresh_from_db()
    assert call_request.status == Status.CALLING
    return call_request


@pytest.fixture
def answers(monkeypatch):
    """`answers(text)`: what the operator types."""
    return lambda text: monkeypatch.setattr("builtins.input", lambda question: text)


def test_what_is_unfinished_waits_for_a_person(calling, monkeypatch):
    monkeypatch.setattr(hold_unfinished, "BATCH", 2)
    queued = [make_request() for _ in range(4)]
    over = [make_request(status=status) for status in ("called", "failed", "cancelled")]
    assert "Now uncertain: 5" in run("--yes")
    for call_request in [calling, *queued]:
        call_request.refresh_from_db()
        assert (call_request.status, call_request.reason) == (Status.UNCERTAIN, Reason.RESTORED)
        assert call_request.moves.last().actor == "operator"
    for call_request in over:
        before = call_request.status
        call_request.refresh_from_db()
        assert call_request.status == before
    assert place_next(FakeApi()) is PlaceResult.IDLE


def test_a_person_can_have_it_called_afterwards(calling, admin_user):
    run("--yes")
    calling.refresh_from_db()
    assert retrying.retry(calling, admin_user, checked=True)
    assert place_next(FakeApi()) is PlaceResult.WORKED
    calling.refresh_from_db()
    assert calling.status == Status.CALLED
    outcomes = [attempt.outcome for attempt in calling.attempts.all()]
    assert outcomes == [Outcome.UNKNOWN, Outcome.ACCEPTED]


def test_the_operator_is_asked_first(answers):
    make_request()
    answers("no")
    with pytest.raises(CommandError, match="Nothing was changed"):
        run()
    assert CallRequest.objects.get().status == Status.QUEUED
    answers("yes")
    assert "Unfinished requests: 1." in run()
    assert CallRequest.objects.get().status == Status.UNCERTAIN


def test_with_nothing_to_do_nobody_is_asked():
    make_request(status=Status.CALLED)
    assert "No request is unfinished" in run()
