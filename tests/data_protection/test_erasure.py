"""Erased is erased: nothing personal is left in any table; figures and proof stay."""

from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.utils import translation

from callbacks import call_api
from callbacks.abuse import block_list
from callbacks.consent import chain, verification
from callbacks.core import clock, crypto
from callbacks.data_protection import erasure, rows_about, subject_access
from callbacks.data_protection import retention as retention_rules
from callbacks.dispatch import place_next
from callbacks.intake import accept, correction, submission
from callbacks.intake import errors as intake_errors
from callbacks.lifecycle import actions, blocking, retrying, transitions
from callbacks.models import (
    Actor,
    Attempt,
    AuditEntry,
    Block,
    BlockKind,
    CallRequest,
    Erasure,
    ErasureCause,
    Outcome,
    Reason,
    Status,
)
from callbacks.models.attempt import GRACE
from callbacks.worker import housekeeping
from tests.support.call_service.fake_api import FakeApi
from tests.support.extra_fields import NAME, ORDER
from tests.support.factories import make_request, make_submission, make_widget

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
EMAIL = "marked.person@marked.example.fr"
MARKS = ("612345678", "marked", "192.0.2.77")


def ask_marked(widget=None, **fields):
    source = submission.VisitSource(
        "https://shop.example/?marked", "Marked", "https://marked/", {"a": "marked"}
    )
    return accept.accept(
        make_submission(
            widget or make_widget(extra_fields=[ORDER, NAME]),
            email=EMAIL,
            address="192.0.2.77",
            source=source,
            answers={"order": "marked", "name": "Marked"},
            **fields,
        )
    ).call_request


def everything_stored():
    rows = []
    for model in apps.get_models():
        rows += [(model.__name__, repr(row)) for row in model._base_manager.values()]
    return rows


@pytest.mark.long
def test_nothing_personal_is_left(admin_user):
    call_request = ask_marked()
    place_next(FakeApi())
    actions.add_note(call_request, admin_user, "marked by phone")
    block_list.add(BlockKind.NUMBER, call_request.number, reason="Mr Marked was rude")
    with pytest.raises(intake_errors.Rejected):
        ask_marked(nonce="again")
    hashes = (crypto.number_hash(call_request.number), crypto.email_hash(EMAIL))
    assert any(hashes[0] in text for name, text in everything_stored() if name == "Refusal")
    assert any(mark in text for _, text in everything_stored() for mark in MARKS)
    certificate = erasure.erase(admin_user, number=call_request.number)
    left = [
        (name, mark)
        for name, text in everything_stored()
        for mark in (*MARKS, "Marked", *hashes)
        if mark in text
    ]
    assert left == []
    assert certificate.counts == {
        "requests": 1,
        "addresses": 0,
        "proofs": 1,
        "limits": 1,
        "blocks": 1,
        "refusals": 1,
        "recipients": 0,
    }
    assert (certificate.cause, certificate.person) == (ErasureCause.REQUEST, admin_user)
    assert AuditEntry.objects.get(action="privacy.erase").person == admin_user


def test_nothing_is_left_of_when_somebody_asked_to_be_called_and_from_which_zone():
    slot = {"slot_start": NOW, "slot_end": NOW + timedelta(minutes=30), "confirmed_for": NOW}
    details = {"consumer_zone": "Indian/Reunion", "asked_for": "opening", **slot}
    row = make_request(status=Status.CALLED, **details)
    erasure.erase(None, number=row.number)
    row.refresh_from_db()
    assert {name: getattr(row, name) for name in details} == {
        "consumer_zone": "",
        "asked_for": "",
        "slot_start": None,
        "slot_end": None,
        "confirmed_for": None,
    }


def test_nothing_is_left_that_the_service_or_staff_wrote_or_when_the_page_was_seen(
    admin_user: User,
) -> None:
    call_request, other = ask_marked(), make_request()
    for row, note in [(call_request, "marked by phone"), (other, "busy until noon")]:
        for _request in range(2):
            place_next(FakeApi(call_api.OutcomeUnknown()))  # type: ignore[arg-type]
        row.refresh_from_db()
        assert actions.close(row, admin_user, note=note)
    Attempt.objects.update(excerpt="marked by the service")
    CallRequest.objects.update(viewed_at=NOW, blocked_at=NOW)
    erasure.erase(admin_user, number=call_request.number)
    call_request.refresh_from_db()
    assert (call_request.viewed_at, call_request.blocked_at) == (None, None)
    assert call_request.attempts.get().excerpt == ""
    assert not call_request.moves.exclude(note="").exists()
    proof = call_request.consent_proofs.get()
    assert (proof.salt, proof.page_url) == ("", "")
    other.refresh_from_db()
    assert (other.viewed_at, other.blocked_at) == (NOW, NOW)
    assert other.attempts.get().excerpt == "marked by the service"
    assert other.moves.filter(note="busy until noon").exists()


def test_who_is_erased_with_a_request_is_everybody_with_its_number_or_email(
    admin_user: User,
) -> None:
    call_request = make_request()
    same_number = make_request(number=call_request.number)
    same_email = make_request(email=call_request.email)
    other = make_request()
    erasure.erase(admin_user, call_request=call_request)
    for erased in (call_request, same_number, same_email):
        erased.refresh_from_db()
        assert (erased.number, erased.email) == ("", "")
    other.refresh_from_db()
    assert other.erased_at is None


def test_an_erased_request_is_nobodys_so_that_erasing_it_again_changes_no_row(
    admin_user: User,
) -> None:
    call_request, other, erased_before = make_request(), make_request(), make_request()
    with clock.set_to(NOW):
        erasure.erase(admin_user, call_request=erased_before)
        erasure.erase(admin_user, call_request=call_request)
    call_request.refresh_from_db()
    before = list(CallRequest.objects.order_by("pk").values())
    certificate = erasure.erase(admin_user, call_request=call_request)
    assert not any(certificate.counts.values())
    assert list(CallRequest.objects.order_by("pk").values()) == before
    assert not rows_about.same_person(call_request).exclude(pk=call_request.pk).exists()
    other.refresh_from_db()
    assert other.number


def test_the_proof_of_a_request_that_still_waits_is_not_emptied() -> None:
    waiting, ended = ask_marked(), make_request(status=Status.CALLED)
    erasure.erase_rows([waiting.pk, ended.pk], NOW)
    assert waiting.consent_proofs.get().salt != ""
    assert list(verification.verify()) == []


def test_figures_stay(admin_user):
    call_request = ask_marked()
    place_next(FakeApi())
    erasure.erase(admin_user, email=EMAIL.upper())
    row = CallRequest.objects.get(pk=call_request.pk)
    assert (row.status, row.widget_id, row.created_at) == (
        Status.CALLED,
        call_request.widget_id,
        call_request.created_at,
    )
    assert row.erased_at is not None
    assert row.attempts.count() == 1


def test_dont_call_stays_in_force_after_an_erasure(admin_user):
    block_list.add(BlockKind.NUMBER, "0612345678")
    erasure.erase(admin_user, number="+33612345678")
    assert block_list.is_blocked(number="+33612345678")


def test_what_waits_is_cancelled_first(admin_user):
    call_request = ask_marked()
    erasure.erase(admin_user, number=call_request.number)
    api = FakeApi()
    place_next(api)
    assert api.calls == []
    call_request.refresh_from_db()
    assert (call_request.status, call_request.reason) == (Status.CANCELLED, Reason.ERASED)


def test_a_call_under_way_is_not_erased(admin_user):
    call_request = make_request(status=Status.CALLING, attempts_made=1)
    waiting = make_request(number=call_request.number)
    with pytest.raises(erasure.CallUnderWay):
        erasure.erase(admin_user, number=call_request.number)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.erased_at) == (Status.QUEUED, None)
    assert not Erasure.objects.exists()


def test_an_erasure_under_a_running_call_says_when_the_call_is_over(admin_user):
    call_request = make_request(due_at=NOW, patience_until=NOW + timedelta(minutes=1))
    with pytest.raises(ZeroDivisionError), clock.set_to(NOW):
        place_next(FakeApi(ZeroDivisionError()))
    with pytest.raises(erasure.CallUnderWay) as refused, clock.set_to(NOW):
        erasure.erase(admin_user, number=call_request.number)
    deadline = call_request.attempts.get().deadline_at
    assert refused.value.until == deadline + GRACE
    with clock.set_to(refused.value.until):
        assert housekeeping.run_round().uncertain == 1
        erasure.erase(admin_user, number=call_request.number)
    call_request.refresh_from_db()
    assert (call_request.status, call_request.number) == (Status.UNCERTAIN, "")


def test_neither_another_persons_call_nor_an_earlier_one_changes_when_an_erasure_can_be_repeated(
    admin_user: User,
) -> None:
    call_request, other = (make_request(status=Status.CALLING) for _person in range(2))
    for row, number, minutes, outcome in [
        (call_request, 1, 30, Outcome.UNKNOWN),
        (call_request, 2, 1, Outcome.PENDING),
        (other, 1, 60, Outcome.PENDING),
    ]:
        row.attempts.create(
            widget=row.widget,
            number=number,
            started_at=NOW,
            deadline_at=NOW + timedelta(minutes=minutes),
            outcome=outcome,
        )
    with pytest.raises(erasure.CallUnderWay) as refused, clock.set_to(NOW):
        erasure.erase(admin_user, number=call_request.number)
    assert refused.value.until == NOW + timedelta(minutes=1) + GRACE


ACTS = {
    "retry": lambda request, person: retrying.retry(request, person, checked=True, note="marked"),
    "mark as called": lambda request, person: actions.mark_called(request, person, note="marked"),
    "close": lambda request, person: actions.close(request, person, note="marked"),
    "block": lambda request, person: blocking.block(request, person, note="marked"),
    "note": lambda request, person: actions.add_note(request, person, "marked"),
    "correct": lambda request, person: correction.correct_number(request, "06 99 98 97 96"),
    "cancel": lambda request, person: actions.cancel_by_visitor(request),
    "never again": lambda request, person: blocking.never_again(request),
    "hold": lambda request, person: transitions.transition(
        queued(request), transitions.HOLD, Actor.OPERATOR, note="marked"
    ),
}


def queued(call_request):
    call_request.status = Status.QUEUED
    return call_request


@pytest.mark.parametrize("knows", [False, True], ids=["as seen before", "as it is"])
@pytest.mark.parametrize("act", ACTS)
def test_nothing_can_be_done_with_what_was_erased(admin_user, act, knows):
    call_request = ask_marked()
    place_next(FakeApi(call_api.OutcomeUnknown()))
    seen = CallRequest.objects.get()
    erasure.erase(admin_user, number=call_request.number)
    if knows:
        seen.refresh_from_db()
    before = everything_stored()
    try:
        done = ACTS[act](seen, admin_user)
    except transitions.NotAllowed:
        done = False
    assert not done
    assert everything_stored() == before


def test_others_are_left_alone(admin_user):
    call_request, other = make_request(), make_request()
    erasure.erase(admin_user, number=call_request.number)
    other.refresh_from_db()
    assert other.number
    assert other.email


def test_nobody_given_is_nobody(admin_user):
    make_request()
    assert not rows_about.requests_of().exists()


def test_an_export_holds_all_that_is_stored(admin_user):
    call_request = ask_marked()
    place_next(FakeApi())
    actions.add_note(call_request, admin_user, "called by hand")
    with translation.override("en"):
        [exported] = subject_access.export(number=call_request.number)["requests"]
    assert exported["email"] == EMAIL
    assert set(subject_access.EXPORTED) <= set(exported)
    assert exported["address"] == "192.0.2.77"
    assert exported["answers"] == [
        {"field": "Order number", "answer": "marked"},
        {"field": "Your name", "answer": "Marked"},
    ]
    assert [len(exported[part]) for part in ("attempts", "moves", "notes", "consent")] == [
        1,
        2,
        1,
        1,
    ]


def test_an_export_of_a_number_holds_its_block_and_its_refusals(admin_user):
    block_list.add(BlockKind.NUMBER, "0612345678", reason="rude", author=admin_user)
    with pytest.raises(intake_errors.Rejected):
        ask_marked()
    found = subject_access.export(number="+33612345678")
    assert [(entry["reason"], entry["until"]) for entry in found["block_list"]] == [("rude", None)]
    assert [(row["kind"], row["count"]) for row in found["refusals"]] == [("blocked", 1)]
    other = subject_access.export(number="+33699999999")
    assert (other["requests"], other["block_list"], other["refusals"]) == ([], [], [])


def test_an_erased_wish_not_to_be_called_still_says_whose_it_was(admin_user):
    call_request = ask_marked()
    blocking.never_again(call_request)
    erasure.erase(admin_user, number="+33612345678")
    block = Block.objects.get()
    assert (block.value, block.reason) == ("", blocking.BY_VISITOR)
    assert block_list.is_blocked(number="+33612345678")


def test_every_column_of_a_request_is_either_exported_or_known_to_be_nobodys():
    """So that a new column is thought of: handed out, and erased, or neither."""
    ours = {
        *("id", "nonce", "number_hash", "email_hash", "queue_position"),
        *("due_at", "patience_until"),
        *("is_scheduled", "backoff_until", "backoff_since"),
        *("attempts_made", "put_off_count", "sends_since_asked", "status_at", "erased_at"),
        # The token is the key of the visitor's page, which no member of staff has.
        *("retried_by", "widget", "offered_by", "token"),
        # Exported in words, with the labels of their fields.
        *("answers", "personal_answers"),
        # A text of the widget's owner, with the public ID.
        "bot_email",
    }
    columns = {field.name for field in CallRequest._meta.concrete_fields}
    assert columns == ours | set(subject_access.EXPORTED)


def test_retention_erases_in_batches_and_certifies():
    widget = make_widget(retention_months=2)
    for index in range(5):
        make_request(
            widget=widget, status=Status.CALLED, created_at=NOW - timedelta(days=63 + index)
        )
    young = make_request(widget=widget, status=Status.CALLED, created_at=NOW - timedelta(days=61))
    assert [retention_rules.purge(NOW, batch=2).requests for _ in range(4)] == [2, 2, 1, 0]
    young.refresh_from_db()
    assert young.number
    assert CallRequest.objects.filter(erased_at=None).count() == 1
    assert [e.counts["requests"] for e in Erasure.objects.order_by("pk")] == [2, 2, 1]


def test_a_request_whose_proof_is_emptied_already_can_be_erased_and_the_proof_still_fits(
    admin_user: User,
) -> None:
    with clock.set_to(NOW):
        call_request = ask_marked(make_widget(retention_months=3, proof_months=1))
    chain.chain_up()
    assert retention_rules.purge(NOW + timedelta(days=40)).proofs == 1
    erasure.erase(admin_user, call_request=call_request)
    assert list(verification.verify()) == []


def test_what_waits_is_not_purged():
    call_request = make_request(created_at=NOW - timedelta(days=9999))
    assert not retention_rules.purge(NOW)
    call_request.refresh_from_db()
    assert call_request.number


def test_raw_addresses_go_after_days():
    widget = make_widget(address_days=7)
    with clock.set_to(NOW):
        call_request = ask_marked(widget)
        place_next(FakeApi())
    assert retention_rules.purge(NOW + timedelta(days=7)).addresses == 0
    assert retention_rules.purge(NOW + timedelta(days=7, seconds=1)).addresses == 1
    call_request.refresh_from_db()
    assert (call_request.address, call_request.number) == ("", "+33612345678")
