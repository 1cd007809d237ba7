"""What is refused at the last moment is no error of the database: PostgreSQL would write the
statement of an error to its log, and the visitor's number stands in it."""

from contextlib import contextmanager

import pytest
from django.db import connection

from callbacks.abuse import limits
from callbacks.consent import proof as consent_proof
from callbacks.core import clock
from callbacks.intake import accept
from callbacks.intake import errors as intake_errors
from callbacks.models import CallRequest, ConsentEvent, ConsentProof, LimitHit, Refusal
from tests.support.factories import make_submission, make_widget

pytestmark = pytest.mark.django_db


@contextmanager
def errors_of_the_database():
    """What it answered with."""
    errors = []

    def carry_out(execute, *statement):
        try:
            return execute(*statement)
        except Exception as error:
            errors.append(error)
            raise

    with connection.execute_wrapper(carry_out):
        yield errors


def test_a_full_limit():
    widget = make_widget()
    accept.accept(make_submission(widget, nonce="first"))
    with errors_of_the_database() as errors, pytest.raises(intake_errors.TooMany):
        accept.accept(make_submission(widget, nonce="second"))
    assert errors == []
    assert CallRequest.objects.count() == ConsentProof.objects.count() == 1
    assert LimitHit.objects.filter(key=limits.account_limits()[0].key).count() == 1
    assert Refusal.objects.count() == 1


def test_a_form_that_another_process_has_just_taken():
    """Which was asked about before, so that only the insertion finds it."""
    taken = accept.accept(make_submission(nonce="once")).call_request
    now = clock.now()
    again = CallRequest(
        widget=taken.widget,
        nonce="once",
        number="+33612345699",
        created_at=now,
        consent_at=now,
        status_at=now,
        due_at=now,
        patience_until=now,
    )
    proof = consent_proof.proof_of(again, ConsentEvent.GIVEN, now, None)
    allowed = limits.number_limits(again.number)
    with errors_of_the_database() as errors, pytest.raises(accept._ConditionFailed):
        accept._write(again, proof, allowed, [])
    assert errors == []
    assert CallRequest.objects.count() == ConsentProof.objects.count() == 1
    assert not LimitHit.objects.filter(key=limits.number_key(again.number)).exists()
