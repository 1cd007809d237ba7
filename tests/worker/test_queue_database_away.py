"""A worker that finds the database away drops its message without a word too many."""

import pytest
from django.db import InterfaceError, OperationalError

from callbacks import dispatch
from callbacks.worker import tasks


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize(
    ("task", "module", "name"),
    [("work", tasks, "place_next")],
)
def test_an_outage_of_the_database_is_said_once_and_the_next_message_finds_it_back(
    monkeypatch, caplog, error, task, module, name
):
    answers = iter([error("secret"), error("secret"), dispatch.PlaceResult.IDLE])

    def do():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(module, name, do)
    for _ in range(3):
        getattr(tasks, task).call_local()
    assert [record.msg["event"] for record in caplog.records] == ["database_away", "database_back"]
    assert "secret" not in caplog.text


def test_a_mistake_of_ours_is_not_taken_for_an_outage(monkeypatch, caplog):
    def broken():
        raise RuntimeError

    monkeypatch.setattr(tasks, "place_next", broken)
    with pytest.raises(RuntimeError):
        tasks.work.call_local()
    assert "database_away" not in caplog.text
