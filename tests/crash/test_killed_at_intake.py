"""A web process killed while it takes a form in: either nothing happened, or the call comes."""

import pytest
from django.contrib.auth import get_user_model

from callbacks.consent import texts as consent_texts
from callbacks.core import clock
from callbacks.intake import accept, submission
from callbacks.models import CallRequest, ConsentText, LimitHit, Status
from tests.support.factories import make_request, make_widget
from tests.support.processes import steps

NUMBER = "+33612345678"


@pytest.fixture(params=[False, True], ids=["known text", "new text"])
def widget(request, transactional_db):
    """Its consent text is known, as nearly always, and all is one message; or it is new."""
    widget = make_widget()
    if not request.param:
        words = {"text": "Call me.", "digest": consent_texts.text_digest("Call me.")}
        ConsentText.objects.create(
            widget=widget, language="fr", version=1, created_at=clock.now(), **words
        )
    return widget


def ask(widget):
    return {"widget": widget.pk, "nonce": "one-form", "number": NUMBER}


def send_again(widget):
    """What the visitor does who saw no answer: the same form once more."""
    return accept.accept(
        submission.Submission(
            widget=widget,
            nonce="one-form",
            number=NUMBER,
            email="jo@example.fr",
            language="fr",
            consent=True,
            consent_text="Call me.",
        )
    )


@pytest.mark.parametrize("step", steps.NOT_YET_ACCEPTED, ids=str)
def test_before_the_commit_nothing_is_left_and_the_form_can_be_sent_again(
    nursery, later, sandbox, widget, step
):
    nursery.die(step, "accept", **ask(widget))
    assert not CallRequest.objects.exists()
    assert not LimitHit.objects.exists()
    later.comes()
    assert sandbox.calls() == []
    assert send_again(widget).is_new
    later.comes()
    assert [call["destination"] for call in sandbox.calls()] == [NUMBER]


@pytest.mark.parametrize("step", steps.ACCEPTED, ids=str)
def test_after_the_commit_the_call_comes_once(nursery, later, sandbox, widget, step):
    nursery.die(step, "accept", **ask(widget))
    assert CallRequest.objects.get().status == Status.QUEUED
    later.comes()
    assert not send_again(widget).is_new
    later.comes()
    assert [call["destination"] for call in sandbox.calls()] == [NUMBER]
    assert CallRequest.objects.get().status == Status.CALLED


def test_during_the_commit_it_is_one_or_the_other(nursery, later, sandbox, widget):
    nursery.die(steps.DURING_ACCEPTED, "accept", **ask(widget))
    taken = CallRequest.objects.count()
    assert taken in {0, 1}
    later.comes()
    assert len(sandbox.calls()) == taken
    assert send_again(widget).is_new is not bool(taken)
    later.comes()
    assert len(sandbox.calls()) == 1


def test_a_retry_killed_before_its_commit_has_not_happened(nursery, later, sandbox):
    person = get_user_model().objects.create_user("anne")
    call_request = make_request(status=Status.UNCERTAIN)
    nursery.die(steps.BEFORE_RETRIED, "retry", call_request=call_request.pk, person=person.pk)
    later.comes()
    call_request.refresh_from_db()
    assert (call_request.status, sandbox.calls()) == (Status.UNCERTAIN, [])
    assert not call_request.moves.exists()


def test_a_retry_killed_after_its_commit_is_one_call(nursery, later, sandbox):
    person = get_user_model().objects.create_user("anne")
    call_request = make_request(status=Status.UNCERTAIN)
    nursery.die(steps.AFTER_RETRIED, "retry", call_request=call_request.pk, person=person.pk)
    later.comes()
    call_request.refresh_from_db()
    assert (call_request.status, len(sandbox.calls())) == (Status.CALLED, 1)
    assert call_request.attempts.get().person == person
