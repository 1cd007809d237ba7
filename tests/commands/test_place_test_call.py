"""place_test_call: one real request, placed by a worker; the rules of the form hold for it."""

import builtins
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from callbacks import call_api, dispatch
from callbacks.dispatch import call_switch
from callbacks.management.commands import place_test_call
from callbacks.models import CallRequest, Status, Widget
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_widget

pytestmark = pytest.mark.django_db

NUMBER = "06 12 34 56 78"
DEFAULTS = ("--email", "Jo@Example.fr", "--originate", "test-bot")


@pytest.fixture
def api(monkeypatch):
    """A worker that takes its turn whenever the command waits; `api.calls` is what was sent."""
    api = FakeApi()
    monkeypatch.setattr(place_test_call, "sleep", lambda _: dispatch.place_next(api))
    return api


def place(*arguments: str) -> str:
    output = StringIO()
    call_command("place_test_call", *arguments, stdout=output)
    return output.getvalue()


def refusal(*arguments: str) -> CommandError:
    with pytest.raises(CommandError) as refused:
        place(*arguments)
    return refused.value


def test_the_phone_rings_once_and_the_request_says_where_it_came_from(api):
    said = place(NUMBER, *DEFAULTS, "--yes")
    (call,) = api.calls
    assert (call["destination"], call["email"]) == ("+33612345678", "Jo@Example.fr")
    assert call["originate"] == "test-bot"
    assert "the phone is ringing" in said
    call_request = CallRequest.objects.get()
    assert call_request.status == Status.CALLED
    assert "place_test_call" in call_request.consent_text


def test_without_a_widget_an_inactive_one_is_made_once(api):
    place(NUMBER, *DEFAULTS, "--yes")
    place("06 12 34 56 79", *DEFAULTS, "--yes")
    widget = Widget.objects.get()
    assert not widget.is_active
    assert widget.requests.count() == 2


def test_a_widget_lends_its_scenario_and_its_rules(api):
    widget = make_widget(originate="reunion-bot", allowed_regions=["RE"], email_required=False)
    place("0692 12 34 56", "--widget", widget.public_id, "--yes")
    assert api.calls[0]["originate"] == "reunion-bot"
    assert CallRequest.objects.get().widget == widget


@pytest.mark.parametrize("answer", ["", "n", "no", "yep"])
def test_place_test_call_asks_first_and_anything_but_yes_does_nothing(api, monkeypatch, answer):
    asked = []
    monkeypatch.setattr(builtins, "input", lambda question: asked.append(question) or answer)
    assert str(refusal(NUMBER, *DEFAULTS)) == "No call was placed."
    assert asked == ["This calls +33 6 12 34 56 78 now. Continue? [y/N] "]
    assert not Widget.objects.exists()


def test_a_yes_is_enough(api, monkeypatch):
    monkeypatch.setattr(builtins, "input", lambda question: "y")
    place(NUMBER, *DEFAULTS)
    assert len(api.calls) == 1


def test_nobody_there_to_answer_is_a_no(api, monkeypatch):
    def closed(question: str) -> str:
        raise EOFError

    monkeypatch.setattr(builtins, "input", closed)
    assert str(refusal(NUMBER, *DEFAULTS)) == "No call was placed."


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("0899 12 34 56", *DEFAULTS), "freephone or premium-rate"),
        (("+44 20 7946 0018", *DEFAULTS), "this country"),
        ((NUMBER, "--email", "no address", "--originate", "x"), "email address"),
        ((NUMBER, "--originate", "x"), "email address"),
        ((NUMBER, "--email", "jo@example.fr"), "--originate CODENAME"),
        ((NUMBER, "--email", "jo@example.fr", "--widget", "nobody"), "no widget"),
        ((NUMBER, "--email", "jo@example.fr", "--originate", "x" * 101), "100 characters"),
    ],
)
def test_what_the_form_would_refuse_is_one_sentence_and_changes_nothing(api, arguments, named):
    sentence = str(refusal(*arguments, "--yes"))
    assert named in sentence
    assert "\n" not in sentence
    assert not Widget.objects.exists()
    assert not api.calls


def test_another_scenario_than_the_widgets_is_refused(api):
    widget = make_widget(originate="its-own")
    arguments = (NUMBER, "--email", "a@b.fr", "--widget", widget.public_id, "--originate", "x")
    assert "its-own" in str(refusal(*arguments, "--yes"))
    assert not api.calls


def test_the_limits_per_number_hold(api):
    place(NUMBER, *DEFAULTS, "--yes")
    assert "another request" in str(refusal(NUMBER, *DEFAULTS, "--yes"))
    assert len(api.calls) == 1


def test_a_paused_widget_stays_paused(api):
    widget = make_widget(is_paused=True)
    arguments = (NUMBER, "--email", "jo@example.fr", "--widget", widget.public_id, "--yes")
    assert "not taking call requests" in str(refusal(*arguments))
    assert not CallRequest.objects.exists()


def test_stopped_calls_stay_stopped(api):
    call_switch.stop("night watch")
    sentence = str(refusal(NUMBER, *DEFAULTS, "--yes"))
    assert "night watch" in sentence
    assert "resume_calls" in sentence
    assert not CallRequest.objects.exists()


def test_an_unknown_outcome_says_that_the_phone_may_have_rung(api):
    api.answer = call_api.OutcomeUnknown("no answer", code="timeout")
    failure = refusal(NUMBER, *DEFAULTS, "--yes")
    assert "may have rung" in str(failure)
    assert failure.returncode == 2
    assert CallRequest.objects.get().status == Status.UNCERTAIN
    assert len(api.calls) == 1


def test_a_refusal_says_that_nobody_was_called(api):
    api.answer = call_api.Refused("no", http_status=400, excerpt="unknown scenario")
    assert str(refusal(NUMBER, *DEFAULTS, "--yes")) == "Nobody was called."
    assert len(api.calls) == 1


def test_what_no_worker_takes_in_time_is_cancelled(monkeypatch):
    assert "Is a call worker running" in str(refusal(NUMBER, *DEFAULTS, "--yes", "--wait", "0"))
    assert CallRequest.objects.get().status == Status.CANCELLED
    api = FakeApi()
    dispatch.place_next(api)
    assert not api.calls


def test_what_could_not_be_sent_is_cancelled_when_the_time_is_over(api, monkeypatch):
    api.answer = call_api.NotSent("away", code="connect_failed")
    # The clock of the wait: the worker gets two turns.
    moments = iter([0, 0, 0, 99])
    monkeypatch.setattr(place_test_call, "monotonic", lambda: next(moments, 99))
    sentence = str(refusal(NUMBER, *DEFAULTS, "--yes"))
    assert "nobody was called" in sentence
    assert "Is a call worker running" not in sentence
    assert len(api.calls) == 1
    assert CallRequest.objects.get().status == Status.CANCELLED


def test_ctrl_c_cancels_what_was_not_sent(monkeypatch):
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(place_test_call, "sleep", interrupted)
    assert "nobody was called" in str(refusal(NUMBER, *DEFAULTS, "--yes"))
    assert CallRequest.objects.get().status == Status.CANCELLED
