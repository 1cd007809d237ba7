"""While the queue's storage is away nobody waits for it twice, and the log says so once.

What the processes do meanwhile: tests/faults/test_queue_away.py.
"""

import logging

import pytest
from huey.contrib.djhuey import HUEY

from callbacks.worker import storages, tasks


@pytest.fixture
def away(monkeypatch):
    """The site's own queue, out of reach; how often it was tried."""
    tried = []

    def refuse(*args):
        tried.append(args)
        raise ConnectionError("redis://user:secret@db.internal")

    monkeypatch.setattr(HUEY.storage, "enqueue", refuse)
    monkeypatch.setattr(HUEY.storage, "queue_size", refuse)
    return tried


def test_after_a_failure_nobody_waits_for_it_again_for_a_while(away, caplog):
    with caplog.at_level(logging.WARNING):
        assert not tasks.notify_workers()
        assert not tasks.notify_workers(3)
        with pytest.raises(ConnectionError):
            tasks.waiting()
    assert len(away) == 1
    assert len(caplog.records) == 1
    assert "secret" not in caplog.text


def test_a_storage_that_was_away_is_tried_again_later(away, monkeypatch, caplog):
    assert not tasks.notify_workers()
    put = []
    tasks.storage_pause.forget()
    monkeypatch.setattr(HUEY.storage, "enqueue", lambda *args: put.append(args))
    with caplog.at_level(logging.WARNING):
        assert tasks.notify_workers(2)
    assert len(put) == 2
    assert "queue_storage_back" in caplog.text


def test_a_reader_finds_nothing_and_says_so_once(away, monkeypatch, tmp_path, caplog):
    """A queue whose tables are gone: they are made anew."""
    monkeypatch.setattr(storages, "PAUSE", 0)
    huey = storages.SqliteHuey(filename=str(tmp_path / "gone" / "queue"), create_tables=False)
    with caplog.at_level(logging.WARNING):
        assert [huey.dequeue() for _ in range(3)] == [None] * 3
        assert huey.read_schedule() == []
        (tmp_path / "gone").mkdir()
        assert huey.dequeue() is None
        huey.storage.enqueue(b"")
        huey.storage.dequeue()
    huey.storage.close()
    assert [record.msg["event"] for record in caplog.records] == [
        "queue_storage_away",
        "queue_storage_back",
    ]


def test_a_message_that_was_taken_is_worked_off_without_the_storage(away, monkeypatch):
    """It may go away between the two, and nothing is asked of it but messages."""
    huey = storages.SqliteHuey(filename="/nowhere/at/all", create_tables=False)
    done = []
    task = huey.task(name="note")(lambda: done.append(1))
    huey.execute(task.s())
    assert done == [1]
