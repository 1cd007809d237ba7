"""Managers create webhook endpoints, see whether they answer, and look after them."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import translation

from callbacks.models import (
    AuditEntry,
    MessageState,
    OutboxMessage,
    WebhookEndpoint,
    WebhookEvent,
)
from callbacks.webhooks import endpoints
from tests.support.factories import make_request, make_widget
from tests.support.staff.pages import signed_in
from tests.support.staff.roles import member

pytestmark = pytest.mark.django_db

NEW = "/admin/callbacks/webhookendpoint/new/"
LIST = "/admin/callbacks/webhookendpoint/"
GOOD = {"url": "https://crm.example/hook?key=s3cret", "events": ["callback.called"]}


@pytest.fixture
def manager() -> Client:
    return signed_in(member("managers"))


@pytest.fixture
def endpoint() -> WebhookEndpoint:
    return endpoints.create("https://crm.example/hook?key=s3cret", list(WebhookEvent), None)


def page_of(endpoint: WebhookEndpoint) -> str:
    return reverse("admin:callbacks_webhookendpoint_change", args=[endpoint.pk])


def act(client: Client, endpoint: WebhookEndpoint, name: str) -> Any:
    address = reverse("admin:callbacks_webhookendpoint_act", args=[endpoint.pk, name])
    return client.post(address, follow=True, headers={"Accept-Language": "en"})


def test_the_secret_is_shown_once(manager: Client) -> None:
    widget = make_widget()
    answer = manager.post(NEW, GOOD | {"widget": widget.pk, "with_contact": "on"})
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.secret in answer.content.decode()
    assert (endpoint.widget, endpoint.with_contact) == (widget, True)
    assert [one.event for one in endpoint.subscriptions.all()] == ["callback.called"]
    for address in (LIST, page_of(endpoint)):
        shown = manager.get(address).content.decode()
        assert endpoint.secret not in shown
        assert f"crm.example #{endpoint.pk}" in shown
    assert AuditEntry.objects.filter(action="webhook.create").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        *({"url": ""}, {"url": "http://crm.example/"}, {"events": []}, {"events": ["dance"]}),
        *({"widget": "999"}, {"url": "https://crm.example/\0"}, {"url": "https://x" * 200}),
    ],
)
def test_a_mistake_is_told_and_nothing_is_created(wrong: Any, manager: Client) -> None:
    answer = manager.post(NEW, GOOD | wrong)
    assert answer.status_code == 422
    assert not WebhookEndpoint.objects.exists()


def test_contact_is_for_those_who_may_see_it() -> None:
    person = member("managers")
    person.groups.clear()
    for name in ("view_webhookendpoint", "change_webhookendpoint"):
        person.user_permissions.add(_permission(name))
    client = signed_in(User.objects.get(pk=person.pk))
    assert "with_contact" not in client.get(NEW).content.decode()
    client.post(NEW, GOOD | {"with_contact": "on"})
    assert not WebhookEndpoint.objects.get().with_contact


def _permission(codename: str) -> Any:
    return Permission.objects.get(codename=codename)


def test_the_page_shows_what_became_of_each_message(
    manager: Client, endpoint: WebhookEndpoint
) -> None:
    call_request = make_request()
    OutboxMessage.objects.create(
        kind="webhook",
        channel="webhook",
        event="callback.called",
        endpoint=endpoint,
        call_request=call_request,
        created_at=call_request.created_at,
        due_at=call_request.created_at,
        attempts=3,
        state=MessageState.FAILED,
        problem="http_500",
        http_status=500,
        excerpt="out of <order>",
    )
    with translation.override("en"):
        shown = manager.get(page_of(endpoint), headers={"Accept-Language": "en"}).content.decode()
    for text in ("callback.called", call_request.public_id, "500", "out of &lt;order&gt;"):
        assert text in shown
    assert call_request.token not in shown
    assert "1" in act(manager, endpoint, "again").content.decode()
    assert OutboxMessage.objects.get().state == MessageState.WAITING


def test_each_button_does_what_it_says(manager: Client, endpoint: WebhookEndpoint) -> None:
    act(manager, endpoint, "test")
    assert OutboxMessage.objects.get().event == "webhook.test"
    paused = WebhookEndpoint.objects.filter(paused_at__isnull=False)
    act(manager, endpoint, "pause")
    assert paused.exists()
    act(manager, endpoint, "resume")
    assert not paused.exists()
    before = endpoint.secret
    shown = act(manager, endpoint, "rotate").content.decode()
    endpoint.refresh_from_db()
    assert endpoint.secret != before
    assert endpoint.secret in shown
    act(manager, endpoint, "remove")
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize("name", ["rotate", "remove"])
def test_what_cannot_be_undone_asks_first(
    name: str, manager: Client, endpoint: WebhookEndpoint
) -> None:
    endpoints.send_test(endpoint)
    address = reverse("admin:callbacks_webhookendpoint_act", args=[endpoint.pk, name])
    assert manager.get(address).status_code == 200
    before = endpoint.secret
    endpoint.refresh_from_db()
    assert endpoint.secret == before


@pytest.mark.parametrize("name", ["test", "pause", "resume", "again"])
def test_a_link_changes_nothing(name: str, manager: Client, endpoint: WebhookEndpoint) -> None:
    address = reverse("admin:callbacks_webhookendpoint_act", args=[endpoint.pk, name])
    assert manager.get(address).status_code == 302
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("role", ["viewers", "operators"])
def test_others_may_do_nothing(role: str, endpoint: WebhookEndpoint) -> None:
    client = signed_in(member(role))
    assert client.get(NEW).status_code == 403
    assert act(client, endpoint, "remove").status_code == 403
    assert WebhookEndpoint.objects.exists()


def test_an_unknown_act_is_no_page(manager: Client, endpoint: WebhookEndpoint) -> None:
    assert act(manager, endpoint, "dance").status_code == 404
