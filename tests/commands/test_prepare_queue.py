"""prepare_queue makes the tables for wake-ups, and fails with one sentence."""

import sqlite3
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from huey import SqliteHuey
from huey.contrib.djhuey import HUEY


@pytest.fixture
def storage(monkeypatch, tmp_path):
    """An empty storage in the place of the project's."""
    storage = SqliteHuey(filename=str(tmp_path / "queue.sqlite3"), create_tables=False).storage
    monkeypatch.setattr(HUEY, "storage", storage)
    yield storage
    storage.close()


def prepare() -> str:
    output = StringIO()
    call_command("prepare_queue", stdout=output)
    return output.getvalue()


def test_the_storage_can_be_used_afterwards(storage):
    with pytest.raises(sqlite3.OperationalError):
        HUEY.pending_count()
    assert prepare() == "The queue is ready.\n"
    assert HUEY.pending_count() == 0


def test_a_second_time_changes_nothing(storage):
    prepare()
    storage.enqueue(b"a message")
    prepare()
    assert storage.queue_size() == 1


class Away:
    """A storage without tables, as Redis is, that cannot be reached."""

    def __init__(self, error):
        self.error = error

    def queue_size(self):
        raise self.error

    def close(self): ...


def refusal(monkeypatch, settings, error) -> str:
    monkeypatch.setattr(HUEY, "storage", Away(error))
    settings.QUEUE_URL = "postgres://worker:geheim@queue.example:5432/wakeups"
    with pytest.raises(CommandError) as refused:
        prepare()
    return str(refused.value)


def test_a_storage_that_is_away_is_named_without_its_password(monkeypatch, settings):
    sentence = refusal(monkeypatch, settings, psycopg.OperationalError("Connection refused\nat 1"))
    assert sentence == (
        "The queue at postgres://queue.example:5432/wakeups cannot be used "
        "(Connection refused). Check QUEUE_URL, and that its server is running."
    )


def test_the_words_of_an_error_that_may_hold_the_password_are_not_repeated(monkeypatch, settings):
    error = psycopg.ProgrammingError("invalid percent-encoded token in geheim")
    assert "geheim" not in refusal(monkeypatch, settings, error)
