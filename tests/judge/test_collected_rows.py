"""The rows of the evidence are plain data, which is compared and printed by itself."""

from dataclasses import asdict
from datetime import datetime

import pytest

from benchmarks.havoc.collect import _request
from callbacks.models import CallRequest
from tests.support.factories import make_request


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["+33612345678", ""])
def test_a_request_is_collected_as_plain_values(number):
    make_request(number=number)
    row = asdict(_request(CallRequest.objects.get(), "abc", datetime.timestamp))
    assert row["number"] == number
    assert {type(value) for value in row.values()} <= {str, int, float, type(None)}
