"""No false value in a proof passes the check without the key; an emptied row says so."""

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from callbacks.accounts import api_keys
from callbacks.consent import chain as consent_chain
from callbacks.consent import keyed, verification
from callbacks.consent.texts import text_digest
from callbacks.core import clock
from callbacks.data_protection import retention as retention_rules
from callbacks.intake import accept, correction
from callbacks.lifecycle import actions
from callbacks.models import CallRequest, ConsentProof, ConsentText
from tests.support.factories import accept_one, accept_some, make_submission, make_widget
from tests.support.samples.proofs import NOW, age, change, kept

pytestmark = pytest.mark.django_db

OTHER = "0" * 64
# A false value for each column; a new column fails until it has one.
FALSE = {
    "id": lambda proof: proof.pk + 1000,
    "call_request": lambda proof: CallRequest.objects.exclude(pk=proof.call_request_id).first().pk,  # type: ignore[union-attr]
    "event": lambda proof: "withdrawn",
    "at": lambda proof: proof.at - timedelta(days=1),
    "text": lambda proof: None,
    "page_url": lambda proof: "https://other.example/",
    "salt": lambda proof: "x" * 32 if not proof.salt else "",
    "page_commitment": lambda proof: OTHER,
    "number_commitment": lambda proof: OTHER,
    "email_commitment": lambda proof: OTHER,
    "address_commitment": lambda proof: OTHER,
    "vouched_by": lambda proof: api_keys.create("CRM", [], None)[0].pk,
    "text_sha256": lambda proof: OTHER,
    "claimed_at": lambda proof: NOW,
    "digest": lambda proof: OTHER,
    "link": lambda proof: 99,
    "chain": lambda proof: OTHER,
    "emptied_at": lambda proof: None if proof.emptied_at else proof.at,
    "seal": lambda proof: OTHER,
}
COLUMNS = [field.name for field in ConsentProof._meta.concrete_fields]


@pytest.mark.thorough
@pytest.mark.parametrize("days", [0, 40, 70], ids=["kept", "erased", "emptied"])
@pytest.mark.parametrize("column", COLUMNS)
def test_a_false_value_in_any_column_is_found(column, days):
    proof = age(kept(), days)
    false = FALSE[column](proof)
    if false == getattr(proof, proof._meta.get_field(column).attname):
        pytest.skip("empty already")
    assert change(proof, **{column: false})


@pytest.mark.parametrize("blind", [{"salt": ""}, {"emptied_at": NOW}, {"salt": "", "text": None}])
def test_no_column_switches_the_check_off(blind):
    proof = kept()
    CallRequest.objects.filter(pk=proof.call_request_id).update(
        number="+33699999999", erased_at=NOW
    )
    assert proof.pk in {problem.proof for problem in change(proof, **blind)}


@pytest.mark.parametrize("erased", [True, False])
def test_a_false_time_is_not_hidden_by_emptying_the_row(erased):
    proof = kept()
    false = NOW - timedelta(days=1)
    ConsentProof.objects.filter(pk=proof.pk).update(at=false)
    CallRequest.objects.filter(pk=proof.call_request_id).update(created_at=false, consent_at=false)
    retention_rules.purge(NOW + timedelta(days=40 if erased else 70))
    assert [problem.proof for problem in verification.verify()][:1] == [proof.pk]


@pytest.mark.parametrize(("days", "why"), [(40, verification.ERASED), (70, verification.EMPTIED)])
def test_an_emptied_row_cannot_be_verified_and_says_since_when(days, why):
    proof = age(kept(), days)
    result = verification.check(proof)
    assert result.verdict == verification.Verdict.UNVERIFIABLE
    [number] = [one for one in result.unverified if one.part == "number"]
    assert (number.why, number.since) == (why, NOW + timedelta(days=days))


def test_commitments_are_of_unambiguous_facts():
    assert keyed.commitment_to("number", "a:b", "c") != keyed.commitment_to("number", "a", "b:c")


def test_a_copied_record_and_a_changed_time_are_found_although_each_seal_fits() -> None:
    proof = kept()
    copy = ConsentProof.objects.get(pk=proof.pk)
    copy.pk, copy.link, copy.chain = None, None, ""
    copy.seal = keyed.seal_of(copy)  # as if it had been copied before it had its place
    copy.save()
    found = {(problem.proof, problem.what) for problem in verification.verify()}
    assert found == {(proof.pk, verification.COPY), (copy.pk, verification.COPY)}
    copy.delete()
    assert change(proof) == []
    CallRequest.objects.filter(pk=proof.call_request_id).update(consent_at=NOW - timedelta(days=1))
    assert change(proof) == [verification.Problem(proof.pk, verification.TIME_CHANGED)]


def test_what_is_verified_of_a_record_is_told_part_by_part_and_nothing_of_a_changed_one() -> None:
    proof = kept()
    result = verification.check(proof)
    assert result.verdict == verification.Verdict.VERIFIED
    parts = ["event", "time", "text", "page", "number", "email", "address", "chain"]
    assert (result.verified, result.unverified) == (parts, [])
    ConsentProof.objects.filter(pk=proof.pk).update(seal=OTHER)
    result = verification.check(ConsentProof.objects.get(pk=proof.pk))
    assert not {"event", "time", "text"} & set(result.verified)


def test_a_record_checked_alone_is_held_against_the_one_before_it_in_the_chain() -> None:
    kept()
    first, second = ConsentProof.objects.order_by("link")[:2]
    assert verification.check(second).problems == []
    accept_one(1)
    unchained = verification.check(ConsentProof.objects.get(link=None))
    assert unchained.problems == []
    assert unchained.unverified == [verification.Unverified("chain", verification.NOT_CHAINED)]
    ConsentProof.objects.filter(pk=first.pk).update(link=99)
    assert [problem.what for problem in verification.check(second).problems] == [verification.GAP]


@pytest.mark.parametrize(("newest", "checked"), [(None, 5), (1, 2), (3, 4), (4, 5), (100, 5)])
def test_the_newest_records_alone_are_checked_and_those_without_a_place_in_the_chain(
    newest: int | None, checked: int
) -> None:
    kept()
    accept_one(1)
    results = list(verification.results(newest))
    assert len(results) == checked
    assert [result.problems for result in results] == [[]] * checked


def test_the_head_of_the_chain_shows_that_the_newest_records_were_cut_off() -> None:
    assert consent_chain.holds(*consent_chain.head())
    kept()
    link, chain = consent_chain.head()
    assert (link, consent_chain.holds(link, chain)) == (4, True)
    assert consent_chain.holds(0, consent_chain.CHAIN_START)
    assert not consent_chain.holds(0, OTHER[:-1] + "1")
    assert not consent_chain.holds(1, consent_chain.CHAIN_START)
    ConsentProof.objects.filter(link=link).delete()
    assert not consent_chain.holds(link, chain)


def test_a_keyed_value_stays_the_same_for_ever_because_it_is_compared_with_stored_ones(
    settings: Settings,
) -> None:
    settings.HASH_KEY = "a key for this test"
    assert keyed.commitment_to("number", "salt", "+33612345678") == (
        "5f7f3874aae3738057eea0fac38beb51668b5d289786196059b0c9351b4e7956"
    )
    assert consent_chain.CHAIN_START == "0" * 64


def told(call_request: CallRequest) -> dict[str, str]:
    """What a check of the first record tells of each part: a reason, or "verified"."""
    first = ConsentProof.objects.filter(call_request=call_request).order_by("pk")[0]
    result = verification.check(first)
    assert result.problems == []
    return dict.fromkeys(result.verified, "verified") | {
        part.part: part.why for part in result.unverified
    }


def test_each_part_that_cannot_be_verified_any_more_is_told_with_its_reason() -> None:
    widget = make_widget(address_days=7, retention_months=1, proof_months=2)
    with clock.set_to(NOW):
        call_request = accept_some(1, widget)[0]
        for number in ("07 81 23 45 67", "07 81 23 45 68"):
            assert correction.correct_number(call_request, number)
        actions.cancel_by_visitor(call_request)
    verified = dict.fromkeys(["event", "time", "text", "page", "email", "address"], "verified")
    number_corrected = {"number": verification.CORRECTED}
    assert told(call_request) == verified | number_corrected | {"chain": verification.NOT_CHAINED}
    [part] = [
        part
        for part in verification.check(call_request.consent_proofs.order_by("pk")[0]).unverified
        if part.part == "number"
    ]
    assert part.since == NOW
    latest = verification.check(call_request.consent_proofs.get(event="withdrawn"))
    assert "number" in latest.verified
    consent_chain.chain_up()
    verified |= {"chain": "verified"}
    retention_rules.purge(NOW + timedelta(days=8))
    assert told(call_request) == verified | number_corrected | {"address": verification.NOT_KEPT}
    retention_rules.purge(NOW + timedelta(days=40))
    erased = dict.fromkeys(verification.COMMITTED, verification.ERASED)
    happened = dict.fromkeys(["event", "time", "text", "chain"], "verified")
    assert told(call_request) == happened | erased
    retention_rules.purge(NOW + timedelta(days=70))
    emptied = dict.fromkeys(("text", *verification.COMMITTED), verification.EMPTIED)
    assert told(call_request) == happened | emptied


def test_a_part_that_was_never_given_is_neither_verified_nor_missing() -> None:
    with clock.set_to(NOW):
        call_request = accept.accept(make_submission()).call_request
    assert call_request.page_url == call_request.address == ""
    assert set(told(call_request)) == {"event", "time", "text", "number", "email", "chain"}


def test_a_number_or_email_that_no_key_decrypts_is_a_problem_and_other_parts_are_unverified(
    settings: Settings,
) -> None:
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    proof = kept()
    assert verification.check(proof).verdict == verification.Verdict.VERIFIED
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    result = verification.check(ConsentProof.objects.get(pk=proof.pk))
    assert [problem.what for problem in result.problems] == [
        verification.UNREADABLE["number"],
        verification.UNREADABLE["email"],
    ]
    unread = {part.part for part in result.unverified if part.why == verification.CANNOT_BE_READ}
    assert "address" in unread
    assert not unread & {"number", "email"}


def test_a_text_changed_together_with_its_digest_differs_from_what_the_visitor_was_shown() -> None:
    kept()
    text = "You agree to everything."
    ConsentText.objects.update(text=text, digest=text_digest(text))
    assert verification.TEXT_CHANGED in {problem.what for problem in verification.verify()}


def test_a_value_of_the_chain_without_a_place_in_it_does_not_fit() -> None:
    proof = kept()
    found = change(proof, link=None, chain=OTHER)
    assert (proof.pk, verification.UNFIT_CHAIN) in [(one.proof, one.what) for one in found]
