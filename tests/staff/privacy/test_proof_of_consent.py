"""The proof of consent: what an authority gets, and whether it is still as it was written."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models.expressions import RawSQL
from django.test import Client
from django.urls import reverse

from callbacks.consent import chain as consent_chain
from callbacks.consent import texts as consent_texts
from callbacks.data_protection import erasure
from callbacks.models import AuditEntry, CallRequest, ConsentProof, ConsentText
from tests.support.factories import accept_one, make_request
from tests.support.staff.pages import make_staff, page_of, proof_page, signed_in
from tests.support.staff.rights import granted

pytestmark = pytest.mark.django_db

CHECK = reverse("admin:consent_check")
TEXTS = reverse("admin:callbacks_consenttext_changelist")


def json_of(call_request: CallRequest) -> str:
    return reverse("admin:consent_json", args=[call_request.pk])


def as_json(client: Client, call_request: CallRequest, *, unmasked: bool = True) -> dict[str, Any]:
    answer = (client.post if unmasked else client.get)(json_of(call_request))
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_the_proof_holds_what_an_authority_asks_for(staff: Client) -> None:
    call_request = accept_one()
    consent_chain.chain_up()
    proof = ConsentProof.objects.get()
    shown = as_json(staff, call_request)
    [event] = shown["events"]
    assert shown["request"] == str(call_request)
    assert shown["number"] == call_request.number
    assert shown["widget"] == {
        "name": call_request.widget.name,
        "id": call_request.widget.public_id,
    }
    assert event["text"]["shown"] == call_request.consent_text
    assert event["text"]["sha256"] == consent_texts.text_digest(call_request.consent_text)
    assert event["text"]["version"] == 1
    assert event["page"] == "https://shop.example/contact"
    assert event["commitments"]["address"] == proof.address_commitment
    assert (event["place_in_chain"], event["chain"]) == (1, proof.chain)
    assert event["verdict"] == "verified"
    assert {"event", "time", "text", "page", "number"} <= set(event["verified"])
    html = staff.post(proof_page(call_request)).content.decode()
    for part in (
        str(call_request),
        call_request.consent_text,
        proof.digest,
        event["text"]["sha256"],
        "Verified just now",
    ):
        assert part in html
    assert proof_page(call_request) in staff.get(page_of(call_request)).content.decode()


@pytest.mark.parametrize(
    "change",
    [
        {"page_url": "https://other.example/"},
        {"digest": "0" * 64},
        {"chain": "0" * 64},
        {"number_commitment": "0" * 64},
        {"at": RawSQL("'infinity'", [])},
    ],
)
def test_a_changed_row_fails_on_its_page_and_in_the_check(
    staff: Client, change: dict[str, Any]
) -> None:
    call_request, other = accept_one(), accept_one(1)
    consent_chain.chain_up()
    call_request.consent_proofs.update(**change)
    assert as_json(staff, call_request)["events"][0]["verdict"] == "changed"
    assert "Verification failed" in staff.get(proof_page(call_request)).content.decode()
    answer = staff.post(CHECK)
    assert call_request.pk in [pk for _problem, _what, pk in answer.context["problems"]]
    assert AuditEntry.objects.filter(action="consent.check").exists()
    assert as_json(staff, other)["request"] == str(other)


def test_looking_hides_who_it_is_from_everybody_and_leaves_no_record(staff: Client) -> None:
    call_request = accept_one()
    viewer = signed_in(make_staff("viewer", "view_callrequest"))
    for client in (viewer, staff):
        shown = as_json(client, call_request, unmasked=False)
        assert shown["is_masked"]
        html = client.get(proof_page(call_request)).content.decode()
        for personal in (
            str(call_request.number),
            call_request.email,
            call_request.token,
            "12 34 56",
            "shop.example",
        ):
            assert str(personal) not in str(shown) + html
    assert "Show number and email" in staff.get(proof_page(call_request)).content.decode()
    assert "Show number and email" not in viewer.get(proof_page(call_request)).content.decode()
    assert not AuditEntry.objects.filter(action="consent.proof").exists()


def test_who_may_sees_who_it_is_by_a_post_on_record() -> None:
    call_request = accept_one()
    boss = granted(make_staff("boss", "view_callrequest"), "unmask_callrequest")
    client = signed_in(boss)
    assert as_json(client, call_request)["number"] == call_request.number
    assert "+33 6 12 34 56 00" in client.post(proof_page(call_request)).content.decode()
    entries = AuditEntry.objects.filter(action="consent.proof")
    assert [(entry.person, entry.about) for entry in entries] == [(boss, str(call_request))] * 2
    viewer = signed_in(make_staff("viewer", "view_callrequest"))
    for address in (proof_page(call_request), json_of(call_request)):
        assert viewer.post(address).status_code == 403
    assert entries.count() == 2


def test_who_may_not_see_requests_sees_no_proof() -> None:
    call_request = accept_one()
    client = signed_in(make_staff("guard", "view_block"))
    for address in (
        proof_page(call_request),
        reverse("admin:consent_json", args=[call_request.pk]),
        CHECK,
    ):
        assert client.get(address).status_code == 403


def test_after_an_erasure_it_says_what_cannot_be_verified_and_why(
    staff: Client, chief: User
) -> None:
    call_request = accept_one()
    number = str(call_request.number)
    consent_chain.chain_up()
    erasure.erase(chief, number=number)
    shown = as_json(staff, call_request)
    [event] = shown["events"]
    assert event["verdict"] == "cannot be verified"
    assert event["verified"] == ["event", "time", "text", "chain"]
    assert {one["part"]: one["since"] for one in event["cannot_be_verified"]} == dict.fromkeys(
        ("page", "number", "email", "address"), shown["erased_at"]
    )
    html = staff.get(proof_page(call_request)).content.decode()
    assert "Verified just now" not in html
    assert "Cannot be verified:" in html
    assert "the request was erased" in html
    assert not shown["events"][0]["commitments_can_be_checked"]
    assert str(number) not in str(shown)
    assert shown["erased_at"]


def test_a_request_without_proof_says_so(staff: Client) -> None:
    html = staff.get(proof_page(make_request())).content.decode()
    assert "There is no proof" in html
    assert staff.get(reverse("admin:consent_proof", args=[10**9])).status_code == 404


def test_the_check_of_the_newest_starts_inside_the_chain(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [accept_one(index) for index in range(4)]
    consent_chain.chain_up()
    monkeypatch.setattr("callbacks.staff.privacy.consent_pages.MOST_CHECKED", 2)
    assert staff.post(CHECK).context["problems"] == []
    requests[0].consent_proofs.update(digest="0" * 64)
    answer = staff.post(CHECK)
    assert answer.context["problems"] == []
    assert "manage.py check_consent" in answer.content.decode()
    requests[2].consent_proofs.update(digest="0" * 64)
    assert {pk for _problem, _what, pk in staff.post(CHECK).context["problems"]} == {requests[2].pk}
    ConsentProof.objects.filter(call_request=requests[2]).delete()
    problems = [what for _problem, what, _pk in staff.post(CHECK).context["problems"]]
    assert "records before this one are missing" in problems


def test_texts_are_read_and_never_written(staff: Client) -> None:
    call_request = accept_one()
    text = ConsentText.objects.get()
    change = reverse("admin:callbacks_consenttext_change", args=[text.pk])
    assert text.text[:40] in staff.get(TEXTS).content.decode()
    assert text.digest in staff.get(change).content.decode()
    assert staff.post(change, {"text": "Other."}).status_code == 403
    text.refresh_from_db()
    assert text.text == call_request.consent_text
    assert signed_in(make_staff("guard", "view_block")).get(TEXTS).status_code == 403
