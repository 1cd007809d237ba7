"""Accounts and roles: who may edit them cannot make themselves more powerful."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from callbacks.core import clock
from tests.support.staff.pages import make_staff, signed_in
from tests.support.staff.roles import member

pytestmark = pytest.mark.django_db


def change_url(user: User) -> str:
    return reverse("admin:auth_user_change", args=[user.pk])


def account(user: User, **fields: object) -> dict[str, object]:
    return {"username": user.username, "email": "", "is_active": "on", "is_staff": "on"} | fields


def test_a_superuser_gives_permissions_beyond_the_roles(staff: Client) -> None:
    user = User.objects.create(username="new", password="!")
    permission = Permission.objects.get(codename="view_callrequest")
    staff.post(change_url(user), account(user, user_permissions=[permission.pk]))
    user.refresh_from_db()
    assert list(user.user_permissions.all()) == [permission]
    assert user.is_staff


def test_who_has_a_role_may_sign_in_and_who_has_none_may_not(staff: Client) -> None:
    user = User.objects.create(username="new", password="!")
    role = Group.objects.get(name="viewers")
    for groups in ([role.pk], []):
        staff.post(change_url(user), account(user, groups=groups))
        user.refresh_from_db()
        assert user.is_staff is bool(groups)


def test_a_manager_gives_and_takes_roles_but_none_beyond_their_own(chief: User) -> None:
    colleague = make_staff("colleague")
    viewers = Group.objects.get(name="viewers")
    auditors = Group.objects.create(name="auditors")
    auditors.permissions.add(Permission.objects.get(codename="delete_user"))
    client = signed_in(member("managers"))
    client.post(change_url(colleague), account(colleague, groups=[viewers.pk]))
    assert list(colleague.groups.all()) == [viewers]
    page = client.post(change_url(colleague), account(colleague, groups=[auditors.pk]))
    assert "You cannot give this role" in page.text
    assert "auditors" not in client.get(change_url(colleague)).text
    assert list(colleague.groups.all()) == [viewers]


def test_nobody_but_a_superuser_changes_their_own_roles() -> None:
    manager = member("managers")
    manager.username = "manager"
    manager.save()
    viewers = Group.objects.get(name="viewers")
    data = account(manager, groups=[viewers.pk]) | {"is_active": ""}
    assert signed_in(manager).post(change_url(manager), data).status_code == 302
    manager.refresh_from_db()
    assert manager.is_active
    assert [group.name for group in manager.groups.all()] == ["managers"]


def test_two_accounts_never_have_the_same_email(staff: Client) -> None:
    User.objects.create(username="first", email="her@example.fr")
    second = User.objects.create(username="second")
    page = staff.post(change_url(second), account(second, email="HER@example.fr"))
    assert "“first” already has this address" in page.text


def test_who_may_change_accounts_gains_no_power_by_it(chief: User) -> None:
    manager = make_staff("manager", "view_user", "change_user", "view_group", "change_group")
    group = Group.objects.create(name="agents")
    manager.groups.add(group)
    client = signed_in(manager)
    every = [permission.pk for permission in Permission.objects.all()]
    more = account(manager, is_superuser="on", user_permissions=every, groups=[])
    assert client.post(change_url(manager), more).status_code == 302
    address = reverse("admin:auth_group_change", args=[group.pk])
    assert client.post(address, {"name": "agents", "permissions": every}).status_code == 302
    again = User.objects.get(pk=manager.pk)
    assert not again.is_superuser
    assert again.user_permissions.count() == 4
    assert list(again.groups.all()) == [group]
    assert not group.permissions.exists()


def test_the_chiefs_account_and_password_are_out_of_reach(chief: User) -> None:
    client = signed_in(make_staff("manager", "view_user", "change_user", "delete_user"))
    password = reverse("admin:auth_user_password_change", args=[chief.pk])
    delete = reverse("admin:auth_user_delete", args=[chief.pk])
    for address in (change_url(chief), password, delete):
        data = account(chief, password1="taken over", password2="taken over", post="yes")
        assert client.post(address, data).status_code == 403
    assert User.objects.get(pk=chief.pk).is_superuser


@pytest.mark.parametrize("is_active", [True, False])
def test_nobody_takes_over_an_account_that_may_do_more(is_active: bool) -> None:
    """By its password, its email (a reset goes there), its groups, or by making it active."""
    colleague = member("managers")
    User.objects.filter(pk=colleague.pk).update(is_active=is_active, email="her@example.fr")
    editor = make_staff("editor", "view_user", "change_user", "delete_user", "view_callrequest")
    client = signed_in(editor)
    password = reverse("admin:auth_user_password_change", args=[colleague.pk])
    delete = reverse("admin:auth_user_delete", args=[colleague.pk])
    word = "correct horse battery"
    for address in (change_url(colleague), password, delete):
        data = account(colleague, email="mine@example.fr", password1=word, password2=word, post="y")
        assert client.post(address, data).status_code == 403
    again = User.objects.get(pk=colleague.pk)
    assert (again.password, again.email, again.is_active) == ("!", "her@example.fr", is_active)
    assert again.groups.count() == 1


def test_who_may_do_no_more_gets_a_new_password_from_a_colleague() -> None:
    colleague = make_staff("colleague", "view_callrequest")
    editor = make_staff("editor", "view_user", "change_user", "view_callrequest")
    password = reverse("admin:auth_user_password_change", args=[colleague.pk])
    word = "correct horse battery"
    answer = signed_in(editor).post(password, {"password1": word, "password2": word})
    assert answer.status_code == 302
    assert User.objects.get(pk=colleague.pk).check_password(word)


@pytest.mark.parametrize(("password", "state"), [("secret-Word-3", "Set."), (None, "Not set")])
def test_the_password_is_told_in_plain_words(
    staff: Client, password: str | None, state: str
) -> None:
    colleague = make_staff("colleague", "view_widget")
    colleague.set_password(password)
    colleague.last_login = clock.now()
    colleague.save()
    onlooker = make_staff("looks", "view_user")
    address = reverse("admin:auth_user_password_change", args=[colleague.pk])
    for client, may_change in ((staff, True), (signed_in(onlooker), False)):
        html = client.get(change_url(colleague)).content.decode()
        assert state in html
        assert (f'href="{address}"' in html) is may_change
        for jargon in ("pbkdf2", "argon2", "algorithm", "iterations", colleague.password):
            assert jargon not in html
