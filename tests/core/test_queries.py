"""Statements come out of their files whole, with a value for each parameter."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

import callbacks
from callbacks.call_api.codes import AttemptCode
from callbacks.core import database, queries
from callbacks.core.queries import Query
from callbacks.core.statements import Statement
from callbacks.models import (
    Actor,
    Channel,
    CircuitState,
    ConsentEvent,
    MessageKind,
    MessageState,
    Outcome,
    Status,
    TeamMailEvent,
    WebhookEvent,
)

FILES = sorted(Path(callbacks.__file__).parent.rglob("*.sql"))
LITERAL_OF = {
    "status": Status,
    "from_status": Status,
    "to_status": Status,
    "outcome": Outcome,
    "circuit": CircuitState,
    "state": MessageState,
}
# What a column is compared with: 'x', or ('x', 'y').
COMPARED = re.compile(r"(\w+) (?:=|<>|IN|NOT IN) (\((?:'\w+'(?:, )?)+\)|'\w+')")
INSERTED = re.compile(r"INSERT INTO (callbacks_\w+) \(([^)]*)\)")


def statements():
    return {
        f"{path.name}: {name}": query
        for path in FILES
        for name, query in queries.load(str(path), path.name).items()
    }


def test_each_file_holds_named_statements(tmp_path):
    (tmp_path / "some.sql").write_text(
        "-- What this is about.\n\n-- name: one\n-- It's a remark: {not_sql} %(not_asked)s.\n"
        "SELECT %(value)s,\n    -- and another\n    2\n\n-- name: two\nSELECT 3\n"
    )
    found = queries.load(str(tmp_path / "module.py"), "some.sql")
    assert {name: query.text for name, query in found.items()} == {
        "one": "SELECT %(value)s, 2",
        "two": "SELECT 3",
    }


def test_a_value_is_a_parameter_or_spelt_out_or_an_expression():
    query = Query("SELECT %(a)s, %(b)s, %(a)s, %(c)s")
    statement = query(a="x", b=None, c=Statement("now() - %s", (7,)))
    assert statement == Statement("SELECT %s, NULL, %s, now() - %s", ("x", "x", 7))


@pytest.mark.parametrize("values", [{}, {"a": 1, "b": 2}])
def test_a_value_that_is_missing_or_unknown_is_a_mistake(values):
    with pytest.raises(TypeError):
        Query("SELECT %(a)s")(**values)


@pytest.mark.django_db
def test_what_a_value_holds_is_never_read_as_sql():
    hostile = "it's %(a)s {for_update} %s; --"
    found = database.execute(Query("SELECT %(a)s || %(b)s")(a=hostile, b=""))
    assert found.rows[0][0] == hostile


def test_the_databases_differ_by_the_same_placeholders():
    assert {frozenset(dialect) for dialect in queries.DIALECTS.values()} == {
        frozenset(queries.DIALECTS[connection.vendor])
    }
    assert statements()


@pytest.mark.parametrize("name", statements())
def test_each_status_and_outcome_in_a_statement_exists(name):
    text = statements()[name].text
    for column, literals in COMPARED.findall(text):
        for literal in re.findall(r"'(\w+)'", literals):
            assert literal in LITERAL_OF[column].values, (column, literal)


@pytest.mark.parametrize("name", statements())
def test_each_word_in_a_statement_is_one_of_an_enum(name):
    words = {value for enum in {*LITERAL_OF.values(), Actor, ConsentEvent} for value in enum.values}
    words |= {*AttemptCode, "account", *Channel, *MessageKind, *MessageState, *WebhookEvent}
    words |= {*TeamMailEvent}
    assert set(re.findall(r"'([\w.]+)'", statements()[name].text)) <= words


@pytest.mark.parametrize("name", statements())
def test_each_insertion_writes_every_column(name):
    """Django gives a new column no default that the database knows."""
    tables = {model._meta.db_table: model for model in apps.get_models()}
    for table, columns in INSERTED.findall(statements()[name].text):
        fields = tables[table]._meta.concrete_fields
        expected = {field.column for field in fields if not field.primary_key}
        assert {column.strip() for column in columns.split(",")} == expected
