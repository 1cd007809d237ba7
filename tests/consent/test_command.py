"""The command that says whether the proofs are as they were written."""

import pytest
from django.core.management import call_command

from callbacks.models import ConsentProof
from tests.consent.test_proof import ask_some

pytestmark = pytest.mark.django_db


def test_all_well(capsys):
    ask_some()
    call_command("check_consent")
    assert "3 proofs, all as they were written" in capsys.readouterr().out


def test_a_change_ends_in_status_1(capsys):
    [request] = ask_some(1)
    proof = request.consent_proofs.get()
    ConsentProof.objects.update(event="withdrawn")
    with pytest.raises(SystemExit) as ended:
        call_command("check_consent")
    assert ended.value.code == 1
    assert f"Proof {proof.pk}: differs from its digest." in capsys.readouterr().out
