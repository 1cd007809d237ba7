"""No false value in a proof passes the check without the key; an emptied row says so."""

from datetime import UTC, datetime, timedelta

import pytest

from callbacks.consent import chain as consent_chain
from callbacks.consent import keyed, verification
from callbacks.core import clock
from callbacks.data_protection import retention as retention_rules
from callbacks.lifecycle import actions
from callbacks.models import CallRequest, ConsentProof
from tests.support.factories import accept_some, make_widget

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
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
    "digest": lambda proof: OTHER,
    "link": lambda proof: 99,
    "chain": lambda proof: OTHER,
    "emptied_at": lambda proof: None if proof.emptied_at else proof.at,
    "seal": lambda proof: OTHER,
}
COLUMNS = [field.name for field in ConsentProof._meta.concrete_fields]


def kept() -> ConsentProof:
    widget = make_widget(retention_months=1, proof_months=2)
    with clock.set_to(NOW):
        requests = accept_some(2, widget)
        for call_request in requests:
            actions.cancel_by_visitor(call_request)
    consent_chain.chain_up()
    return requests[0].consent_proofs.get(event="given")


def change(proof: ConsentProof, **columns: object) -> list[verification.Problem]:
    ConsentProof.objects.filter(pk=proof.pk).update(**columns)
    return list(verification.verify())


def age(proof: ConsentProof, days: int) -> ConsentProof:
    retention_rules.purge(NOW + timedelta(days=days))
    assert list(verification.verify()) == []
    proof.refresh_from_db()
    return proof


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
