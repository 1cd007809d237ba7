"""The last account that may do everything cannot be taken away in the admin."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from callbacks.models import AuditEntry
from tests.support.concurrency import concurrently
from tests.support.staff.pages import make_staff, messages_on, signed_in

WHY = "This is the last active superuser"
FULL = {"is_active": "on", "is_superuser": "on"}


def change_url(user: User) -> str:
    return reverse("admin:auth_user_change", args=[user.pk])


def delete_url(user: User) -> str:
    return reverse("admin:auth_user_delete", args=[user.pk])


def save(client: Client, user: User, powers: dict[str, str]) -> bool:
    """Sends the account's form; whether it was taken, and not shown again with the reason."""
    answer = client.post(change_url(user), {"username": user.username, **powers})
    if answer.status_code == 302:
        return True
    assert WHY in answer.content.decode()
    return False


def another(name: str = "other") -> User:
    return User.objects.create(username=name, is_staff=True, is_superuser=True, password="!")


@pytest.mark.django_db
@pytest.mark.parametrize("power", FULL)
def test_the_last_one_keeps_each_power(staff: Client, chief: User, power: str) -> None:
    less = {name: "on" for name in FULL if name != power}
    assert not save(staff, chief, less)
    assert getattr(User.objects.get(pk=chief.pk), power)
    assert not AuditEntry.objects.filter(action="user.change").exists()
    assert save(staff, chief, FULL)
    another()
    assert save(staff, chief, less)


@pytest.mark.django_db
def test_the_last_one_is_not_deleted(staff: Client, chief: User) -> None:
    answer = staff.post(delete_url(chief), {"post": "yes"}, follow=True)
    assert any(WHY in message for message in messages_on(answer.content.decode()))
    assert User.objects.filter(pk=chief.pk).exists()
    assert not AuditEntry.objects.filter(action="user.delete").exists()
    other = another()
    assert staff.post(delete_url(other), {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=other.pk).exists()


@pytest.mark.django_db
def test_whoever_cannot_get_in_does_not_count(staff: Client, chief: User) -> None:
    User.objects.create(username="asleep", is_staff=True, is_superuser=True, is_active=False)
    User.objects.create(username="outside", is_staff=False, is_superuser=True)
    assert not save(staff, chief, {"is_active": "on", "is_staff": "on"})
    agent = make_staff("agent")
    assert save(staff, agent, {"is_active": "on"})


@pytest.mark.django_db
def test_accounts_are_not_deleted_in_bulk_and_keep_a_password(staff: Client, chief: User) -> None:
    address = reverse("admin:auth_user_changelist")
    bulk = {"action": "delete_selected", "_selected_action": [chief.pk], "post": "yes"}
    staff.post(address, bulk)
    chief.set_password("the old one, long enough")
    chief.save()
    staff = signed_in(chief)
    password = reverse("admin:auth_user_password_change", args=[chief.pk])
    assert 'name="usable_password"' not in staff.get(password).content.decode()
    assert staff.post(password, {"usable_password": "false"}).status_code == 200
    assert User.objects.get(pk=chief.pk).has_usable_password()


@pytest.mark.django_db(transaction=True)
def test_two_who_demote_each_other_leave_one() -> None:
    pair = [another("one"), another("two")]
    clients = [signed_in(user) for user in pair]

    def demote(who: int) -> tuple[int, str]:
        target = pair[1 - who]
        less = {"username": target.username, "is_active": "on", "is_staff": "on"}
        answer = clients[who].post(change_url(target), less)
        return answer.status_code, answer.headers.get("Location", "").partition("?")[0]

    answers = set(concurrently(2, demote))
    # The other is refused: by the rule, or because they are no superuser any more, or have no right
    # to enter at all.
    done = (302, reverse("admin:auth_user_changelist"))
    assert done in answers
    assert len(answers) == 2
    assert answers - {done} <= {(200, ""), (403, ""), (302, reverse("admin:login"))}
    assert User.objects.filter(is_superuser=True).count() == 1
