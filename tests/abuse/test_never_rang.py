"""A request that certainly never rang leaves its place to one other, however many ask at once."""

import pytest

from callbacks.intake import accept
from callbacks.intake import errors as intake_errors
from callbacks.lifecycle import actions
from callbacks.models import CallRequest
from tests.support.concurrency import concurrently
from tests.support.factories import make_submission, make_widget


@pytest.mark.django_db(transaction=True)
def test_of_six_forms_at_once_one_takes_the_place_of_a_request_that_never_rang() -> None:
    earlier = accept.accept(make_submission(nonce="earlier")).call_request
    assert actions.cancel_by_visitor(earlier)
    widget = make_widget()

    def send(index: int) -> bool:
        try:
            accept.accept(make_submission(widget, nonce=f"n{index}"))
        except intake_errors.TooMany:
            return False
        return True

    assert sorted(concurrently(6, send)) == [False] * 5 + [True]
    assert CallRequest.objects.count() == 2
