"""Managers create API keys: shown once, and with no right that their creator lacks."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from callbacks.accounts import roles
from callbacks.models import ApiKey, AuditEntry, Scope
from tests.support.api import API
from tests.support.factories import make_widget
from tests.support.forms import forms_on
from tests.support.staff.pages import make_staff, signed_in
from tests.support.staff.roles import member

pytestmark = pytest.mark.django_db

ADD = reverse("admin:callbacks_apikey_add")
LIST = reverse("admin:callbacks_apikey_changelist")


def form_on(client: Client) -> dict[str, Any]:
    page = client.get(ADD)
    [form] = [form for form in forms_on(page) if "once" in form.fields]
    return dict(form.fields)


@pytest.mark.long
def test_a_manager_creates_a_key_that_is_shown_once() -> None:
    manager, widget = signed_in(member("managers")), make_widget(name="Shop")
    assert ADD in manager.get(LIST).content.decode()
    filled = form_on(manager) | {
        "name": "CRM",
        "widget": widget.pk,
        "scopes": ["requests:read", "numbers:read"],
    }
    page = manager.post(ADD, filled)
    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    [secret] = set(re.findall(r"cbk_[\w-]{43}", page.content.decode()))
    key = ApiKey.objects.get()
    assert (key.name, key.widget, key.scopes) == ("CRM", widget, ["numbers:read", "requests:read"])
    api = Client(headers={"authorization": f"Bearer {secret}"})
    assert api.get(f"{API}/requests").status_code == 200
    entry = AuditEntry.objects.get(action="api_key.create")
    assert (entry.person_name, entry.about) == ("one of the managers", "CRM")
    again = manager.post(ADD, filled, follow=True)
    assert secret not in again.content.decode()
    assert "has already created a key" in again.content.decode()
    assert ApiKey.objects.count() == 1
    for shown in (LIST, reverse("admin:callbacks_apikey_change", args=[key.pk])):
        assert secret not in manager.get(shown).content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "two\nlines"},
        {"name": "x" * 101},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"widget": "999999"},
        {"once": "forged"},
        {"once": ""},
    ],
)
def test_a_wrong_form_creates_no_key(wrong: dict[str, Any]) -> None:
    manager = signed_in(member("managers"))
    filled = form_on(manager) | {"name": "CRM", "scopes": ["requests:read"]} | wrong
    page = manager.post(ADD, filled)
    assert page.status_code == 200
    assert "cbk_" not in page.content.decode()
    assert not ApiKey.objects.exists()


def test_nobody_gives_a_key_a_scope_beyond_their_own_rights() -> None:
    person = make_staff("integrator", "add_apikey", "view_callrequest")
    client = signed_in(person)
    page = client.get(ADD).content.decode()
    offered = {scope.value for scope in Scope if f'value="{scope.value}"' in page}
    assert offered == {"requests:read"}
    for scope in Scope:
        filled = form_on(client) | {"name": scope.value, "scopes": [scope.value]}
        client.post(ADD, filled)
    assert list(ApiKey.objects.values_list("name", flat=True)) == ["requests:read"]


@pytest.mark.parametrize("role", ["viewers", "operators"])
def test_others_cannot_create_a_key(role: str) -> None:
    client = signed_in(member(role))
    assert client.get(ADD).status_code == 403
    assert client.post(ADD, {"name": "CRM", "scopes": ["requests:read"]}).status_code == 403
    assert not ApiKey.objects.exists()


def test_who_may_create_keys_must_have_two_factor_sign_in() -> None:
    person = make_staff("integrator")
    assert not roles.is_powerful(person)
    person.user_permissions.add(Permission.objects.get(codename="add_apikey"))
    assert roles.is_powerful(type(person).objects.get(pk=person.pk))
