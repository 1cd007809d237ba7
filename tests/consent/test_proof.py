"""Each request leaves evidence; a row changed or gone is found, also after an erasure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callbacks.consent import chain as consent_chain
from callbacks.consent import proof as consent_proof
from callbacks.consent import texts as consent_texts
from callbacks.consent import verification
from callbacks.core import clock
from callbacks.data_protection import erasure
from callbacks.data_protection import retention as retention_rules
from callbacks.intake import accept, correction
from callbacks.lifecycle import actions
from callbacks.models import CallRequest, ConsentProof, ConsentText, Widget
from tests.support.factories import accept_some, make_submission, make_widget

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def problems():
    return [problem.what for problem in verification.verify()]


def test_what_the_evidence_holds():
    with clock.set_to(NOW):
        [call_request] = accept_some(1)
    proof = call_request.consent_proofs.get()
    assert (proof.event, proof.at, proof.page_url) == ("given", NOW, call_request.page_url)
    assert proof.text.text == call_request.consent_text
    assert proof.text.digest == consent_texts.text_digest(call_request.consent_text)
    stored = " ".join(str(value) for value in ConsentProof.objects.values().get().values())
    assert str(call_request.number) not in stored
    assert call_request.email not in stored
    assert "192.0.2.7" not in stored


def test_a_text_is_a_version_once_it_was_used():
    widget = make_widget()
    for index, text in enumerate(["One.", "Two.", "One."]):
        accept.accept(
            make_submission(
                widget, nonce=str(index), number=f"06123456{index:02}", consent_text=text
            )
        )
    versions = ConsentText.objects.order_by("version").values_list("version", "text")
    assert list(versions) == [(1, "One."), (2, "Two.")]


def test_each_widget_and_each_language_counts_its_own_versions_of_a_text() -> None:
    widget, other = make_widget(), make_widget()
    sent = [(widget, "fr", "One."), (other, "fr", "One."), (widget, "en", "One.")]
    for index, (to, language, text) in enumerate([*sent, (widget, "fr", "Two.")]):
        form = make_submission(to, nonce=str(index), number=f"06123456{index:02}")
        accept.accept(replace(form, language=language, consent_text=text))
    versions = ConsentText.objects.order_by("pk")
    assert list(versions.values_list("widget", "language", "text", "version")) == [
        *((to.pk, language, text, 1) for to, language, text in sent),
        (widget.pk, "fr", "Two.", 2),
    ]


def test_all_is_well_before_and_after_the_chain():
    accept_some()
    assert problems() == []
    assert consent_chain.chain_up() == 3
    assert consent_chain.chain_up() == 0
    make_proof = accept.accept(make_submission(nonce="later", number="07 81 23 45 67"))
    assert make_proof.is_new
    assert consent_chain.chain_up() == 1
    assert problems() == []
    assert list(ConsentProof.objects.order_by("pk").values_list("link", flat=True)) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda proof: {"at": proof.at - timedelta(days=1)}, "differs from its digest"),
        (lambda proof: {"number_commitment": "0" * 64}, "differs from its digest"),
        (lambda proof: {"page_url": "https://other.example/"}, "the page was changed"),
        (lambda proof: {"text": None}, "differs from its digest"),
    ],
    ids=["earlier", "another number", "another page", "no text"],
)
def test_a_changed_row_is_found(change, found):
    accept_some()
    consent_chain.chain_up()
    proof = ConsentProof.objects.order_by("pk")[1]
    ConsentProof.objects.filter(pk=proof.pk).update(**change(proof))
    assert found in problems()


def test_a_changed_request_is_found():
    [call_request] = accept_some(1)
    CallRequest.objects.filter(pk=call_request.pk).update(number="+33699999999")
    assert problems() == ["the request's number was changed"]


def test_a_changed_text_is_found():
    accept_some(1)
    ConsentText.objects.update(text="You agree to everything.")
    assert problems() == ["the consent text was changed"]


def test_a_digest_made_without_the_key_does_not_fit(settings):
    accept_some(1)
    settings.HASH_KEY = "a guess " * 8
    assert "differs from its digest" in problems()


def test_a_row_that_is_gone_is_missed():
    accept_some()
    consent_chain.chain_up()
    ConsentProof.objects.order_by("pk")[1].delete()
    assert "records before this one are missing" in problems()


def test_an_exchanged_row_does_not_fit_into_the_chain():
    accept_some()
    consent_chain.chain_up()
    first, second, _ = ConsentProof.objects.order_by("pk")
    ConsentProof.objects.filter(pk=first.pk).update(link=99)
    ConsentProof.objects.filter(pk=second.pk).update(link=1)
    ConsentProof.objects.filter(pk=first.pk).update(link=2)
    assert "does not fit into the chain" in problems()


def test_an_erasure_leaves_proof_that_can_be_verified_and_not_read(admin_user):
    [call_request, *_] = accept_some()
    consent_chain.chain_up()
    erasure.erase(admin_user, number=call_request.number)
    proof = call_request.consent_proofs.get(event="given")
    assert (proof.salt, proof.page_url) == ("", "")
    assert problems() == []


def test_a_correction_and_a_withdrawal_leave_evidence_of_their_own():
    [call_request] = accept_some(1)
    assert correction.correct_number(call_request, "07 81 23 45 67")
    assert actions.cancel_by_visitor(call_request)
    events = call_request.consent_proofs.order_by("pk").values_list("event", flat=True)
    assert list(events) == ["given", "corrected", "withdrawn"]
    assert problems() == []


def test_later_events_are_about_the_text_shown_and_only_the_first_number_was_given() -> None:
    [call_request] = accept_some(1)
    given = call_request.number
    for number in ("07 81 23 45 67", "07 81 23 45 68"):
        assert correction.correct_number(call_request, number)
    assert actions.cancel_by_visitor(call_request)
    texts = {proof.text for proof in call_request.consent_proofs.all()}
    assert texts == {ConsentText.objects.get()}
    assert consent_proof.was_given_with(call_request, [given])
    assert not consent_proof.was_given_with(call_request, ["+33781234567", "+33781234568"])
    assert problems() == []


def test_proof_outlives_the_request_and_then_only_the_chain_is_left():
    widget = make_widget(retention_months=1, proof_months=2)
    with clock.set_to(NOW):
        [call_request] = accept_some(1, widget)
        actions.cancel_by_visitor(call_request)
    consent_chain.chain_up()
    retention_rules.purge(NOW + timedelta(days=40))
    assert call_request.consent_proofs.filter(salt="").exclude(number_commitment="").count() == 2
    retention_rules.purge(NOW + timedelta(days=70))
    assert call_request.consent_proofs.exclude(number_commitment="").count() == 0
    assert problems() == []
    assert Widget.objects.count() == 1
