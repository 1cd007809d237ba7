"""A database error says which rule was broken, never what stood in the row."""

import traceback

import pytest
from django.db import DatabaseError, connection

from callbacks.models import Widget
from tests.support.factories import make_widget

pytestmark = pytest.mark.django_db

SECRET = "a secret of the site"


def said(error: DatabaseError) -> str:
    return "".join(traceback.format_exception(error))


@pytest.mark.parametrize(
    "change",
    [{"bot_email": None}, {"daily_cap": -1}, {"has_hours": True}, {"public_id": "taken"}],
    ids=lambda change: next(iter(change)),
)
def test_a_row_that_breaks_a_rule_is_not_in_the_error(change: dict[str, object]) -> None:
    make_widget(public_id="taken")
    widget = make_widget(identity_secret=SECRET, name=SECRET)
    with pytest.raises(DatabaseError) as raised:
        Widget.objects.filter(pk=widget.pk).update(**change)
    assert SECRET not in said(raised.value)
    assert "constraint" in str(raised.value)


@pytest.mark.postgresql
def test_the_statement_is_not_in_the_error() -> None:
    with connection.cursor() as cursor, pytest.raises(DatabaseError) as raised:
        cursor.execute("SELECT nothing_of_that_name, %s", [SECRET])
    assert SECRET not in said(raised.value)
    assert 'column "nothing_of_that_name" does not exist' in str(raised.value)
