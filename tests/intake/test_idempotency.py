"""By what a call of the API is recognised, and that it is stored once."""

import pytest

from callbacks.core import clock
from callbacks.intake import idempotency
from callbacks.intake.errors import AlreadyUsed
from callbacks.models import ApiKey, IdempotentCall
from tests.support.factories import make_request

KEY = ApiKey(pk=7)


def test_the_order_of_the_fields_does_not_matter() -> None:
    sent = {"number": "06", "consent": {"text": "Call me.", "given_at": "2026-06-01"}}
    other = {"consent": {"given_at": "2026-06-01", "text": "Call me."}, "number": "06"}
    assert list(sent) != list(other)
    assert idempotency.once(KEY, "POST", "k", sent) == idempotency.once(KEY, "POST", "k", other)


@pytest.mark.django_db
def test_what_was_noted_leads_to_its_request_and_may_be_noted_again() -> None:
    idempotency.note(idempotency.once(KEY, "POST", "other", {}), make_request(), clock.now())
    call, call_request = idempotency.once(KEY, "POST", "k", {"number": "06"}), make_request()
    assert idempotency.done_before(call) is None
    for _ in range(2):
        idempotency.note(call, call_request, clock.now())
    assert IdempotentCall.objects.count() == 2
    assert idempotency.done_before(call) == call_request
    other_body = idempotency.once(KEY, "POST", "k", {"number": "07"})
    with pytest.raises(AlreadyUsed):
        idempotency.done_before(other_body)
