"""A time that cannot be read is a finding about one proof, and does not end the check of others."""

import pytest
from django.core.management import call_command
from django.db import connection

from callbacks.consent import chain as consent_chain
from callbacks.consent import verification
from tests.support.factories import accept_some
from tests.support.samples.proofs import kept

pytestmark = pytest.mark.django_db

TIMES_OF: dict[str, list[str | bytes | int]] = {
    "postgresql": ["infinity", "-infinity", "0044-03-15 12:00:00+00 BC", "20000-01-01 00:00:00+00"],
    "sqlite": ["infinity", "", "2026-13-45 00:00:00", "2026-06-01", b"\0", 12],
}
TIMES = TIMES_OF[connection.vendor]


def write(table: str, column: str, value: str | bytes | int, pk: int) -> None:
    """Write a time past Django, as somebody with access to the database could."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [value, pk])


@pytest.mark.parametrize("time", TIMES)
def test_the_command_reports_the_proof_and_checks_the_others(
    time: str | bytes | int, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = kept()
    write("callbacks_consentproof", "at", time, proof.pk)
    with pytest.raises(SystemExit):
        call_command("check_consent")
    out = capsys.readouterr().out
    assert f"Proof {proof.pk}: differs from its seal." in out
    assert f"Proof {proof.pk}: the request's time was changed." in out
    assert "4 proofs: 3 verified, 0 cannot be verified" in out
    assert ", 1 changed." in out


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("callbacks_consentproof", "emptied_at"),
        ("callbacks_callrequest", "consent_at"),
        ("callbacks_callrequest", "erased_at"),
    ],
)
def test_every_time_that_proves_something_is_reported_when_it_cannot_be_read(
    table: str, column: str
) -> None:
    proof = kept()
    pk = proof.pk if table.endswith("proof") else proof.call_request_id
    write(table, column, TIMES[0], pk)
    found = {problem.proof for problem in verification.verify()}
    assert proof.pk in found
    assert found <= set(proof.call_request.consent_proofs.values_list("pk", flat=True))


def test_housekeeping_chains_the_proofs_behind_one_whose_time_cannot_be_read() -> None:
    first, second = accept_some(2)
    proof = first.consent_proofs.get()
    write("callbacks_consentproof", "at", TIMES[0], proof.pk)
    assert consent_chain.chain_up() == 2
    assert {problem.proof for problem in verification.verify()} == {proof.pk}
    assert second.consent_proofs.get().link == 2
