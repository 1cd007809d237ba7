"""A request is accepted once and committed, or refused with a reason and no trace."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from cryptography.fernet import Fernet
from django.db import connection

from callbacks.core import clock, tracing
from callbacks.intake import accept, correction, taken_before
from callbacks.intake import errors as intake_errors
from callbacks.models import CallRequest, LimitHit, RefusalKind, Status
from callbacks.worker import tasks
from tests.support.extra_fields import CUSTOMER, NAME, ORDER
from tests.support.factories import make_request, make_submission, make_widget

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_what_is_stored():
    widget = make_widget(patience_minutes=7)
    with clock.set_to(NOW):
        accepted = accept.accept(make_submission(widget))
    row = CallRequest.objects.get()
    assert accepted == accept.Accepted(row, is_new=True)
    assert (row.number, row.email, row.language) == ("+33612345678", "jo@example.fr", "fr")
    assert (row.status, row.due_at) == (Status.QUEUED, NOW)
    assert row.patience_until == NOW + timedelta(minutes=7)
    assert (row.consent_text, row.consent_at) == ("Call me about this request.", NOW)
    assert row.token not in {row.nonce, ""}
    assert not row.is_verified


@pytest.mark.parametrize(
    ("number", "zone"), [("0612345678", "Europe/Paris"), ("+262 692 12 34 56", "Indian/Reunion")]
)
def test_the_zone_of_the_legal_hours_is_that_of_the_number(number, zone):
    widget = make_widget(allowed_regions=["FR", "RE"])
    accepted = accept.accept(make_submission(widget, number=number))
    assert CallRequest.objects.get(pk=accepted.call_request.pk).consumer_zone == zone


def test_a_worker_is_woken_after_the_commit(monkeypatch, django_capture_on_commit_callbacks):
    woken = []
    monkeypatch.setattr(tasks, "notify_workers", lambda: woken.append(1))
    with django_capture_on_commit_callbacks(execute=True):
        accept.accept(make_submission())
        assert woken == []
    assert woken == [1]


def test_a_queue_storage_that_is_away_loses_no_request(
    monkeypatch, django_capture_on_commit_callbacks
):
    def away():
        raise ConnectionError

    monkeypatch.setattr(tasks, "notify_workers", away)
    with django_capture_on_commit_callbacks(execute=True):
        accept.accept(make_submission())
    assert CallRequest.objects.count() == 1


def test_the_same_form_twice_is_the_same_request():
    widget = make_widget()
    first = accept.accept(make_submission(widget))
    again = accept.accept(make_submission(widget, number="+33 (0)6.12.34.56.78"))
    assert (again.call_request.pk, again.is_new) == (first.call_request.pk, False)
    assert CallRequest.objects.count() == 1


def test_a_trace_begins_once_with_the_form(monkeypatch):
    told, widget = [], make_widget()
    monkeypatch.setattr(tracing, "step", lambda name, *of: told.append((name, of[0])))
    for _ in range(2):
        accepted = accept.accept(make_submission(widget))
        assert told == [("form", accepted.call_request.public_id)]


@pytest.mark.parametrize("other", [{"number": "0612345679"}, {"email": "jo@example.com"}])
def test_the_same_form_with_other_content_is_refused(other):
    widget = make_widget()
    accept.accept(make_submission(widget))
    with pytest.raises(intake_errors.AlreadyUsed):
        accept.accept(make_submission(widget, **other))


def test_a_form_is_found_again_although_its_email_would_be_refused_now() -> None:
    widget = make_widget()
    first = make_request(widget=widget, nonce="nonce-1", email="jo@mac.local")
    typed = (str(first.number), " jo@mac.local\u200b ", "now")
    assert taken_before.taken_before(widget, "nonce-1", *typed, {}) == first


def test_a_form_is_found_again_although_no_key_reads_its_personal_answers(settings):
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    widget = make_widget(extra_fields=[NAME])
    answers = {"answers": {"name": "Jo"}}
    first = accept.accept(make_submission(widget, **answers))
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    again = accept.accept(make_submission(widget, **answers))
    assert (again.call_request.pk, again.is_new) == (first.call_request.pk, False)


def test_the_same_form_with_an_answer_that_it_did_not_have_is_refused() -> None:
    widget = make_widget(extra_fields=[ORDER])
    accept.accept(make_submission(widget, answers={"order": ""}))
    with pytest.raises(intake_errors.AlreadyUsed):
        accept.accept(make_submission(widget, answers={"order": "A-17"}))


def test_a_form_is_found_again_although_the_box_that_was_ticked_is_no_field_any_more() -> None:
    widget = make_widget(extra_fields=[CUSTOMER])
    first = accept.accept(make_submission(widget, answers={"customer": True}))
    widget.extra_fields = []
    widget.save()
    again = accept.accept(make_submission(widget, answers={"customer": True}))
    assert (again.call_request.pk, again.is_new) == (first.call_request.pk, False)


def test_a_nonce_of_another_widget_is_refused():
    accept.accept(make_submission())
    with pytest.raises(intake_errors.AlreadyUsed):
        accept.accept(make_submission(make_widget()))


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"number": "3639"}, {"number"}),
        ({"email": "nobody"}, {"email"}),
        ({"email": ""}, {"email"}),
        ({"consent": False}, {"consent"}),
        ({"number": "", "email": "x", "consent": False}, {"number", "email", "consent"}),
    ],
)
def test_all_that_is_wrong_is_said_at_once_and_nothing_is_kept(fields, wrong):
    with pytest.raises(intake_errors.Invalid) as refused:
        accept.accept(make_submission(**fields))
    assert set(refused.value.errors) == wrong
    assert CallRequest.objects.count() == LimitHit.objects.count() == 0


def test_a_widget_may_do_without_an_email():
    assert (
        accept.accept(
            make_submission(make_widget(email_required=False), email=" ")
        ).call_request.email
        == ""
    )


def test_the_email_is_kept_byte_for_byte_within_its_outer_white_space():
    widget = make_widget()
    assert accept.accept(
        make_submission(widget, email=" Jo.DOE+x@Example.FR\n")
    ).call_request.email == ("Jo.DOE+x@Example.FR")


def test_regions_are_the_widgets():
    with pytest.raises(intake_errors.Invalid):
        accept.accept(make_submission(number="+32 470 12 34 56"))
    belgian = make_widget(allowed_regions=["FR", "BE"])
    assert (
        accept.accept(make_submission(belgian, number="+32 470 12 34 56")).call_request.number
        == "+32470123456"
    )


def test_the_hits_of_each_key_are_numbered_without_gaps():
    one, other = make_widget(), make_widget()
    for index, widget in enumerate((one, one, other, one)):
        accept.accept(make_submission(widget, nonce=f"n{index}", number=f"061234567{index}"))
    for key in set(LimitHit.objects.values_list("key", flat=True)):
        ordinals = sorted(LimitHit.objects.filter(key=key).values_list("ordinal", flat=True))
        assert ordinals == list(range(1, len(ordinals) + 1))


def test_the_queries_of_an_accepted_request(django_assert_num_queries):
    widget = make_widget()
    accept.accept(make_submission(widget, nonce="first", number="0612345601"))
    # All that is to be known in one question; then the request, the proof of consent, the hits and
    # what webhook endpoints are told: on PostgreSQL in one message. A savepoint (two queries) is
    # there because this is a test.
    expected = 4 if connection.vendor == "postgresql" else 7
    with django_assert_num_queries(expected):
        accept.accept(make_submission(widget, nonce="second", number="0612345602"))


def test_a_long_queue_adds_no_query_to_an_accepted_request(django_assert_num_queries, settings):
    settings.PACE_CALLS, settings.PACE_SECONDS = 2, 1
    widget = make_widget(patience_minutes=60)
    for place in range(5):
        accept.accept(make_submission(widget, nonce=f"{place}", number=f"061234560{place}"))
    expected = 4 if connection.vendor == "postgresql" else 7
    with django_assert_num_queries(expected):
        accept.accept(make_submission(widget, nonce="last", number="0612345609"))


def test_a_form_is_refused_when_its_call_would_come_after_the_maximum_wait(settings):
    settings.PACE_CALLS, settings.PACE_SECONDS = 1, 120
    widget = make_widget(patience_minutes=1)
    accept.accept(make_submission(widget, nonce="first", number="0612345601"))
    with pytest.raises(intake_errors.TooMany) as refused:
        accept.accept(make_submission(widget, nonce="second", number="0612345602"))
    assert refused.value.kind == RefusalKind.BUSY
    assert CallRequest.objects.count() == 1


def test_a_correction_changes_the_number_of_a_waiting_request():
    row = accept.accept(make_submission()).call_request
    assert correction.correct_number(row, "07 81 23 45 67")
    row.refresh_from_db()
    assert row.number == "+33781234567"


def test_a_correction_must_be_a_number_that_may_be_called():
    row = accept.accept(make_submission()).call_request
    with pytest.raises(intake_errors.Invalid):
        correction.correct_number(row, "0899123456")
    row.refresh_from_db()
    assert row.number == "+33612345678"


@pytest.mark.parametrize("status", [status for status in Status if status != Status.QUEUED])
def test_a_correction_may_come_too_late(status):
    row = accept.accept(make_submission()).call_request
    CallRequest.objects.filter(pk=row.pk).update(status=status)
    assert not correction.correct_number(row, "07 81 23 45 67")
    row.refresh_from_db()
    assert row.number == "+33612345678"


def test_a_correction_counts_as_a_request_for_the_new_number():
    widget = make_widget()
    accept.accept(make_submission(widget, nonce="a", number="07 81 23 45 67"))
    row = accept.accept(make_submission(widget, nonce="b")).call_request
    with pytest.raises(intake_errors.TooMany):
        correction.correct_number(row, "07 81 23 45 67")
    row.refresh_from_db()
    assert row.number == "+33612345678"


def test_no_refusal_holds_what_was_typed():
    secrets = SimpleNamespace(number="0899 11 22 33", email="some body@example")
    with pytest.raises(intake_errors.Invalid) as refused:
        accept.accept(make_submission(number=secrets.number, email=secrets.email))
    text = f"{refused.value} {refused.value!r} {list(map(str, refused.value.errors.values()))}"
    assert "0899" not in text
    assert "@example'" not in text
    assert "some body" not in text
