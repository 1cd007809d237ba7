"""The steps of a call are told to a collector of traces, with what is known of each."""

from collections.abc import Iterator
from typing import Any

import pytest

from callbacks import call_api
from callbacks.core import tracing
from callbacks.dispatch import place_next
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db


@pytest.fixture
def steps() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """The name of each step, and its facts."""
    told: list[tuple[str, dict[str, Any]]] = []

    def export(
        name: str, trace: int, first: int, times: tuple[int, int], facts: dict[str, Any]
    ) -> None:
        assert times[0] <= times[1]
        told.append((name, facts))

    tracing.begin(export)
    yield told
    tracing.begin(None)


@pytest.mark.parametrize(
    ("answer", "facts"),
    [
        (call_api.Accepted(200, ""), {}),
        (
            call_api.Refused(code="refused", http_status=422),
            {"code": "refused", "http_status": 422},
        ),
        (call_api.OutcomeUnknown(code="timeout"), {"code": "timeout"}),
    ],
)
def test_claim_call_and_record_are_told(answer, facts, steps):
    public_id = make_request().public_id
    place_next(FakeApi(answer))
    known = {"request": public_id, "attempt": 1}
    assert steps == [("claim", known), ("call", known | facts), ("record", known)]
