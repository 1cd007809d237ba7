"""The first question of a task shows whether a kept connection still works; nothing asks before."""

import psycopg
import pytest
from django.db import DatabaseError, close_old_connections, connection

from callbacks.core import database
from callbacks.core.statements import Statement

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = Statement("SELECT 1 + 1")


@pytest.fixture
def kept(monkeypatch):
    """Keep a connection, as a worker does between tasks; yield the messages from then on."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 3600)
    monkeypatch.setitem(connection.settings_dict, "CONN_HEALTH_CHECKS", True)
    connection.close()
    database.execute(QUESTION)
    close_old_connections()
    sent = []
    is_usable = connection.is_usable

    def asked():
        sent.append("alive?")
        return is_usable()

    def message(execute, sql, *rest):
        sent.append(sql)
        return execute(sql, *rest)

    monkeypatch.setattr(connection, "is_usable", asked)
    with connection.execute_wrapper(message):
        yield sent
    connection.close()


def test_it_is_the_only_message(kept):
    assert database.first_question(QUESTION).rows == [(2,)]
    assert kept == ["SELECT 1 + 1"]


@pytest.mark.postgresql
def test_a_connection_that_broke_meanwhile_is_opened_anew(kept):
    pid = connection.connection.info.backend_pid
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as other:
        assert other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid]).fetchone() == (True,)
    assert database.first_question(QUESTION).rows == [(2,)]
    assert kept == ["SELECT 1 + 1", "alive?", "SELECT 1 + 1"]
    assert connection.connection.info.backend_pid != pid


def test_a_mistake_of_ours_is_not_repeated(kept):
    with pytest.raises(DatabaseError):
        database.first_question(Statement("SELECT nothing_of_this_name"))
    assert kept == ["SELECT nothing_of_this_name", "alive?"]


@pytest.mark.postgresql
def test_a_server_that_became_read_only_is_left(kept, monkeypatch):
    """Django finds this by its check, which is then not left out."""
    monkeypatch.setattr(connection, "is_read_only", True)
    before = connection.connection
    assert database.first_question(QUESTION).rows == [(2,)]
    assert kept[0] == "alive?"
    assert connection.connection is not before
