"""The command that says whether the proofs are as they were written."""

import pytest
from django.core.management import call_command

from callbacks.consent import chain as consent_chain
from callbacks.models import ConsentProof
from tests.support.factories import accept_some

pytestmark = pytest.mark.django_db


def test_all_well(capsys):
    accept_some()
    call_command("check_consent")
    out = capsys.readouterr().out
    assert "3 proofs: 3 verified, 0 cannot be verified" in out
    assert "Head of the chain: 0:" in out


def test_a_kept_head_shows_that_the_newest_proofs_were_cut_off(capsys):
    accept_some()
    consent_chain.chain_up()
    place, chain = consent_chain.head()
    call_command("check_consent", head=f"{place}:{chain}")
    ConsentProof.objects.order_by("-pk").first().delete()
    call_command("check_consent")
    with pytest.raises(SystemExit):
        call_command("check_consent", head=f"{place}:{chain}")
    assert "does not contain this head" in capsys.readouterr().out


def test_a_change_ends_in_status_1(capsys):
    [call_request] = accept_some(1)
    proof = call_request.consent_proofs.get()
    ConsentProof.objects.update(event="withdrawn")
    with pytest.raises(SystemExit) as ended:
        call_command("check_consent")
    assert ended.value.code == 1
    assert f"Proof {proof.pk}: differs from its digest." in capsys.readouterr().out
