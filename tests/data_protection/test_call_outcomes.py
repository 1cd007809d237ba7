"""An erasure and an export reach the outcomes, with a request and without one."""

from typing import Any

import pytest

from callbacks.call_outcomes import report, store
from callbacks.core import clock
from callbacks.data_protection import erasure, subject_access
from callbacks.models import Attempt, CallOutcome, CallRequest, Outcome, Status
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db


def called(number: str) -> CallRequest:
    row = make_request(status=Status.CALLED, number=number)
    now = clock.now()
    Attempt.objects.create(
        call_request=row,
        widget=row.widget,
        number=1,
        started_at=now,
        deadline_at=now,
        outcome=Outcome.ACCEPTED,
    )
    return row


def stored(name: str, **values: Any) -> CallOutcome:
    row, _is_new = store.store(report.Report(service_id=name, status="void", **values), b"")
    return row


def test_an_erasure_deletes_the_outcomes_of_the_person_and_no_others() -> None:
    called("+33612345678")
    stored("matched", number="+33612345678")
    stored("by number", number="+33612345679")
    stored("by email", identifiers=("Jo@example.fr",))
    other = stored("other", number="+33612345670")
    erasure.erase(None, number="+33612345678")
    assert not CallOutcome.objects.filter(service_id="matched").exists()
    erasure.erase(None, number="+33612345679")
    erasure.erase(None, email="jo@example.fr")
    assert list(CallOutcome.objects.all()) == [other]


def test_a_person_gets_a_copy_of_the_outcomes() -> None:
    called("+33612345678")
    stored("matched", number="+33612345678", tags=("meeting",), duration=4.0)
    copy = subject_access.export(number="+33612345678")
    [request] = copy["requests"]
    [outcome] = request["call_outcomes"]
    assert (outcome["status"], outcome["tags"], outcome["duration"]) == ("void", ["meeting"], 4.0)
    assert copy["call_outcomes"] == []
    stored("unmatched", number="+33612345679")
    [outcome] = subject_access.export(number="+33612345679")["call_outcomes"]
    assert outcome["service_id"] == "unmatched"
