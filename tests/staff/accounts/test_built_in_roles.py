"""Viewers, operators and managers: the same on every site, and changed by nobody."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from callbacks.accounts.built_in_roles import BUILT_IN

pytestmark = pytest.mark.django_db


def permissions_of(name: str) -> set[str]:
    return {permission.codename for permission in Group.objects.get(name=name).permissions.all()}


@pytest.mark.parametrize("name", BUILT_IN)
def test_migrate_gives_each_exactly_its_permissions(name: str) -> None:
    group = Group.objects.get(name=name)
    group.permissions.remove(Permission.objects.get(codename="view_callrequest"))
    group.permissions.add(Permission.objects.get(codename="add_group"))
    own = Group.objects.create(name="auditors")
    own.permissions.add(Permission.objects.get(codename="add_group"))
    call_command("migrate", verbosity=0)
    assert permissions_of(name) == set(BUILT_IN[name])
    assert permissions_of("auditors") == {"add_group"}


def test_those_who_decide_about_uncertain_calls_may_see_the_number() -> None:
    assert {"act_on_callrequest", "unmask_callrequest"} <= permissions_of("operators")
    assert "unmask_callrequest" not in permissions_of("viewers")


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_superuser_reads_what_it_may_do_and_changes_nothing(staff: Client, name: str) -> None:
    group = Group.objects.get(name=name)
    address = reverse("admin:auth_group_change", args=[group.pk])
    page = staff.get(address).text
    for told in (name.capitalize(), "Request: view", "Widget: view"):
        assert told in page
    assert 'name="_save"' not in page
    sent: dict[str, Any] = {"name": "renamed", "permissions": []}
    assert staff.post(address, sent).status_code == 403
    delete = reverse("admin:auth_group_delete", args=[group.pk])
    assert staff.post(delete, {"post": "yes"}).status_code == 403
    assert permissions_of(name) == set(BUILT_IN[name])


def test_a_role_of_the_sites_own_is_changed_and_deleted(staff: Client) -> None:
    staff.post(reverse("admin:auth_group_add"), {"name": "auditors", "permissions": []})
    group = Group.objects.get(name="auditors")
    wanted = Permission.objects.get(codename="view_auditentry")
    address = reverse("admin:auth_group_change", args=[group.pk])
    staff.post(address, {"name": "auditors", "permissions": [wanted.pk]})
    assert permissions_of("auditors") == {"view_auditentry"}
    staff.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"})
    assert not Group.objects.filter(name="auditors").exists()
