"""What is refused at the last moment is no error of the database: PostgreSQL would write the
statement of an error to its log, and the visitor's number stands in it.
"""

from contextlib import contextmanager

import pytest
from django.db import connection

from callbacks.abuse import limits
from callbacks.intake import accept, chosen_time, facts, request_form, write
from callbacks.intake import errors as intake_errors
from callbacks.models import CallRequest, ConsentProof, LimitHit, Refusal
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
    widget = make_widget()
    again = make_submission(widget, nonce="once", number="06 12 34 56 99")
    values = request_form.cleaned(again)
    known = facts.ask(again, values)
    time = chosen_time.time_of(again.widget, values.number, values.when, known.now)
    accept.accept(make_submission(widget, nonce="once"))
    with errors_of_the_database() as seen, pytest.raises(write.ConditionFailed):
        write.write(again, values, known, time, freed=[])
    assert seen == []
    assert CallRequest.objects.count() == ConsentProof.objects.count() == 1
    assert not LimitHit.objects.filter(key=limits.number_key(values.number)).exists()
