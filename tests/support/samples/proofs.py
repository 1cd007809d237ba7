"""Proofs of consent to tamper with."""

from datetime import UTC, datetime, timedelta

from callbacks.consent import chain as consent_chain
from callbacks.consent import verification
from callbacks.core import clock
from callbacks.data_protection import retention as retention_rules
from callbacks.lifecycle import actions
from callbacks.models import ConsentProof
from tests.support.factories import accept_some, make_widget

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def kept() -> ConsentProof:
    """Make two requests at `NOW`, cancel them, and return the proof of the first one's consent."""
    widget = make_widget(retention_months=1, proof_months=2)
    with clock.set_to(NOW):
        requests = accept_some(2, widget)
        for call_request in requests:
            actions.cancel_by_visitor(call_request)
    consent_chain.chain_up()
    return requests[0].consent_proofs.get(event="given")


def change(proof: ConsentProof, **columns: object) -> list[verification.Problem]:
    """Write `columns` as somebody without the key could, and return what the check finds."""
    ConsentProof.objects.filter(pk=proof.pk).update(**columns)
    return list(verification.verify())


def age(proof: ConsentProof, days: int) -> ConsentProof:
    """Run the purge `days` after `NOW`, and return the row as it is then."""
    retention_rules.purge(NOW + timedelta(days=days))
    assert list(verification.verify()) == []
    proof.refresh_from_db()
    return proof
