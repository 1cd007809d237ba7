"""After a test that commits, the next one finds the database as it was new."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import TransactionTestCase

from callbacks.models import CallRequest, Widget
from tests.support import emptying
from tests.support.factories import make_request
from tests.support.staff.pages import make_staff

pytestmark = pytest.mark.django_db(transaction=True)


def rows() -> dict[str, int]:
    """Return how many rows each table has."""
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.django_table_names(only_existing=True):
            cursor.execute(f"SELECT count(*) FROM {table}")
            found[table] = cursor.fetchone()[0]
    return found


def test_rows_go_whatever_refers_to_them() -> None:
    before = rows()
    make_request()
    make_staff("agent", "view_callrequest").groups.add(*Group.objects.all())
    emptying.empty(TransactionTestCase())
    assert rows() == before
    assert not CallRequest.objects.exists()
    assert not Widget.objects.exists()


def test_permissions_and_groups_come_back() -> None:
    """Which Django writes after each change of the tables."""
    before, groups = rows(), set(Group.objects.values_list("name", flat=True))
    make_request()
    Permission.objects.filter(codename="view_callrequest").delete()
    Group.objects.filter(name=min(groups)).update(name="other")
    emptying.empty(TransactionTestCase())
    assert rows() == before
    assert set(Group.objects.values_list("name", flat=True)) == groups
    assert Permission.objects.filter(codename="view_callrequest").exists()
