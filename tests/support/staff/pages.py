"""Create staff accounts, and do what staff do on the pages of the admin."""

import re
from html import unescape
from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from callbacks.models import CallRequest

LIST = reverse("admin:callbacks_callrequest_changelist")


def make_staff(name: str, *permissions: str) -> User:
    """Create a staff account with exactly these permissions (code names)."""
    user = User.objects.create(username=name, is_staff=True, password="!")
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def signed_in(user: User, **options: Any) -> Client:
    """Return a browser in which `user` is signed in, in English."""
    client = Client(headers={"accept-language": "en"}, **options)
    client.force_login(user)
    return client


def page_of(call_request: CallRequest) -> str:
    return reverse("admin:callbacks_callrequest_change", args=[call_request.pk])


def action_url(name: str) -> str:
    return reverse("admin:callbacks_callrequest_act", args=[name])


def fields_of(html: str, action: str) -> dict[str, list[str]]:
    """Return the hidden fields of the form that is sent to `action`, as the page shows them."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', html, re.S)
    assert form, "no such form on the page"
    fields: dict[str, list[str]] = {}
    for tag in re.findall(r'<input type="hidden"[^>]*>', form[0]):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        fields.setdefault(attributes["name"], []).append(unescape(attributes["value"]))
    return fields


def ask(client: Client, name: str, call_request: CallRequest) -> dict[str, list[str]]:
    """Press the button on the request's page; return the fields of the confirmation."""
    answer = client.get(action_url(name), {"request": call_request.pk})
    assert answer.status_code == 200
    return fields_of(answer.content.decode(), action_url(name))


def select(client: Client, name: str, *requests: CallRequest) -> str:
    """Choose an action in the list for these requests; return the confirmation page."""
    data = {"action": name, "index": "0", "_selected_action": [one.pk for one in requests]}
    answer = client.post(LIST, data)
    assert answer.status_code == 200
    return answer.content.decode()


def confirm(client: Client, name: str, fields: dict[str, list[str]], **more: str) -> list[str]:
    """Send the confirmation; return the messages that the next page shows."""
    answer = client.post(action_url(name), fields | more, follow=True)
    assert answer.status_code == 200
    return messages_on(answer.content.decode())


def messages_on(html: str) -> list[str]:
    """Return the messages on the page; read the HTML, as threads share a client's context."""
    found = re.findall(r'<li class="\*:mb-0!">(.*?)</li>', html, re.S)
    return [unescape(re.sub("<[^>]+>", "", message)).strip() for message in found]


def proof_page(call_request: CallRequest) -> str:
    return reverse("admin:consent_proof", args=[call_request.pk])
