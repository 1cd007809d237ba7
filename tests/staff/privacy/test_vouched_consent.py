"""What a system vouched for is told as such wherever consent is shown, and kept as long."""

import csv
import hashlib
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from callbacks.consent import chain as consent_chain
from callbacks.consent import verification
from callbacks.core import clock
from callbacks.data_protection import retention, subject_access
from callbacks.models import ConsentProof, IdempotentCall
from tests.support.factories import accept_one, accept_vouched
from tests.support.staff.pages import page_of, proof_page

pytestmark = pytest.mark.django_db

SHA256 = hashlib.sha256(b"Call me about my quote.").hexdigest()


def test_the_proof_for_an_authority_says_who_vouched_and_when(staff: Client) -> None:
    call_request = accept_vouched()
    answer = staff.get(reverse("admin:consent_json", args=[call_request.pk]))
    [event] = answer.json()["events"]
    assert (event["event"], event["text"], event["verdict"]) == ("vouched", None, "verified")
    proof = ConsentProof.objects.get()
    assert event["vouched"] == {
        "api_key": "CRM of the shop",
        "api_key_id": proof.vouched_by_id,
        "text_sha256": SHA256,
        "given_at": call_request.consent_at.isoformat(),
    }
    page = staff.get(proof_page(call_request)).content.decode()
    assert "We did not show this text" in page
    assert "What the visitor read and ticked" not in page
    for part in (SHA256, "CRM of the shop", "Vouched for by a system", "what the system says"):
        assert part in page


def test_the_history_names_the_key(staff: Client) -> None:
    page = staff.get(page_of(accept_vouched())).content.decode()
    assert "Consent vouched for by a system" in page
    assert "CRM of the shop" in page
    assert "Consent given, as the system says" in page


def test_the_export_names_the_key(staff: Client) -> None:
    vouched, given = accept_vouched(), accept_one()
    with translation.override("en"):
        answer = staff.post(reverse("admin:callbacks_callrequest_export"), {"format": "csv"})
        text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = {row["Request"]: row for row in csv.DictReader(io.StringIO(text))}
    assert rows[vouched.public_id]["Consent vouched for by"] == "CRM of the shop"
    assert rows[given.public_id]["Consent vouched for by"] == ""


def test_the_person_is_told(staff: Client) -> None:
    call_request = accept_vouched()
    [told] = subject_access.export(number=call_request.number)["requests"]
    assert told["consent_text"] == ""
    [consent] = told["consent"]
    assert consent["vouched_by__name"] == "CRM of the shop"
    assert (consent["event"], consent["text_sha256"]) == ("vouched", SHA256)
    assert consent["claimed_at"] == told["consent_at"] == call_request.consent_at.isoformat()


def test_it_is_emptied_at_the_end_of_the_storage_period_and_the_idempotency_key_is_not() -> None:
    call_request = accept_vouched()
    consent_chain.chain_up()
    call_request.widget.proof_months = call_request.widget.retention_months = 1
    call_request.widget.save()
    call_request.status = "called"
    call_request.save()
    retention.purge(clock.now() + timedelta(days=40))
    proof = ConsentProof.objects.get()
    assert (proof.vouched_by, proof.text_sha256, proof.claimed_at) == (None, "", None)
    assert [result.problems for result in verification.results()] == [[]]
    call_request.refresh_from_db()
    assert call_request.erased_at is not None
    assert IdempotentCall.objects.get().call_request == call_request
