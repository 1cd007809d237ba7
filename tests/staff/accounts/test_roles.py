"""Viewers, operators, managers: what each may by its address, and what answers 403."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from callbacks.abuse import block_list
from callbacks.models import BlockKind, CallRequest, Status
from tests.support.factories import make_request
from tests.support.staff.pages import LIST, action_url, page_of, signed_in
from tests.support.staff.roles import ROLES, member

pytestmark = pytest.mark.django_db

type Try = Callable[[Client, CallRequest], Any]


def widget_url(call_request: CallRequest, page: str = "change") -> str:
    return reverse(f"admin:callbacks_widget_{page}", args=[call_request.widget_id])


def note(client: Client, call_request: CallRequest) -> Any:
    address = reverse("admin:callbacks_callrequest_note", args=[call_request.pk])
    return client.post(address, {"text": "hello"})


def show(client: Client, call_request: CallRequest) -> Any:
    return client.post(reverse("admin:callbacks_callrequest_show", args=[call_request.pk]))


def act(name: str) -> Try:
    return lambda client, call_request: client.post(
        action_url(name), {"seen": f"{call_request.pk}:failed:0"}
    )


def get(address: str) -> Try:
    return lambda client, call_request: client.get(address)


def export(client: Client, call_request: CallRequest) -> Any:
    return client.post(reverse("admin:callbacks_callrequest_export"), {"format": "csv"})


def show_block(client: Client, call_request: CallRequest) -> Any:
    block, _ = block_list.add(BlockKind.NUMBER, call_request.number)
    return client.post(reverse("admin:callbacks_block_show", args=[block.pk]))


def get_proof(client: Client, call_request: CallRequest) -> Any:
    return client.get(reverse("admin:consent_proof", args=[call_request.pk]))


def post_proof(client: Client, call_request: CallRequest) -> Any:
    return client.post(reverse("admin:consent_proof", args=[call_request.pk]))


# What, and who may do it.
TRIES: dict[str, tuple[Try, set[str]]] = {
    "see the list": (get(LIST), {*ROLES}),
    "see a request": (lambda client, request: client.get(page_of(request)), {*ROLES}),
    "see calling": (get(reverse("admin:calling")), {*ROLES}),
    "see a widget": (lambda client, request: client.get(widget_url(request)), {*ROLES}),
    "retry": (act("retry"), {"operators", "managers"}),
    "mark as called": (act("mark_called"), {"operators", "managers"}),
    "close": (act("close"), {"operators", "managers"}),
    "cancel": (act("cancel"), {"operators", "managers"}),
    "block a number": (act("block"), {"managers"}),
    "erase": (act("erase"), {"managers"}),
    "export": (export, {"managers"}),
    "see the block list": (get(reverse("admin:callbacks_block_changelist")), {"managers"}),
    "add a block": (
        lambda client, request: client.post(
            reverse("admin:callbacks_block_add"), {"kind": "domain", "value": "a.fr"}
        ),
        {"managers"},
    ),
    "import blocks": (get(reverse("admin:callbacks_block_import")), {"managers"}),
    "see a blocked number": (show_block, {"managers"}),
    "see a proof of consent": (get_proof, {*ROLES}),
    "see whom a proof is about": (post_proof, {"operators", "managers"}),
    "look somebody up": (get(reverse("admin:privacy")), {"managers"}),
    "see what is erased": (get(reverse("admin:retention")), {"managers"}),
    "pause a widget": (
        lambda client, request: client.post(widget_url(request, "pause"), {"message": "Back soon"}),
        {"managers"},
    ),
    "duplicate a widget": (
        lambda client, request: client.get(widget_url(request, "duplicate")),
        {"managers"},
    ),
    "read the help": (get(reverse("admin:help")), {*ROLES}),
    "ask for a retry": (
        lambda client, request: client.get(action_url("retry"), {"request": request.pk}),
        {"operators", "managers"},
    ),
    "write a note": (note, {"operators", "managers"}),
    "see a number": (show, {"operators", "managers"}),
    "stop calls": (
        lambda client, request: client.post(
            reverse("admin:calling"), {"action": "stop", "confirmed": "on"}
        ),
        {"managers"},
    ),
    "add a widget": (get(reverse("admin:callbacks_widget_add")), {"managers"}),
    "change a widget": (
        lambda client, request: client.post(widget_url(request), {"name": "x"}),
        {"managers"},
    ),
    "delete a widget": (
        lambda client, request: client.post(widget_url(request, "delete"), {"post": "yes"}),
        {"managers"},
    ),
    "see the audit trail": (get(reverse("admin:callbacks_auditentry_changelist")), {"managers"}),
    "see accounts": (get(reverse("admin:auth_user_changelist")), {"managers"}),
    "see groups": (get(reverse("admin:auth_group_changelist")), set()),
    "invite a colleague": (get(reverse("admin:auth_user_add")), {"managers"}),
    "change a request": (
        lambda client, request: client.post(page_of(request), {"status": "called"}),
        set(),
    ),
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("what", TRIES)
def test_by_its_address(role: str, what: str) -> None:
    attempt, allowed = TRIES[what]
    answer = attempt(signed_in(member(role)), make_request(status=Status.FAILED))
    if role in allowed:
        assert answer.status_code in (200, 302)
        assert "login" not in answer.headers.get("Location", "")
    else:
        assert answer.status_code == 403


@pytest.mark.parametrize("role", ROLES)
def test_numbers_are_masked_for_each(role: str) -> None:
    call_request = make_request(number="+33612345678", email="jean@example.fr")
    client = signed_in(member(role))
    for address in (LIST, page_of(call_request)):
        html = client.get(address).content.decode()
        assert "+33 6 •• •• •• 78" in html
        assert "34 56" not in html
        assert "jean@" not in html


def test_a_viewer_finds_a_request_by_its_number() -> None:
    call_request = make_request(number="+33612345678")
    client = signed_in(member("viewers"))
    search = reverse("admin:callbacks_callrequest_changelist")
    answer = client.post(search, {"q": "06 12 34 56 78"}, follow=True)
    assert list(answer.context["cl"].result_list) == [call_request]


@pytest.mark.parametrize("role", ["viewers", "operators"])
def test_the_menu_offers_only_what_answers(role: str) -> None:
    client = signed_in(member(role))
    html = client.get(LIST).content.decode()
    for name in ("callbacks_auditentry", "auth_user", "auth_group"):
        assert reverse(f"admin:{name}_changelist") not in html


def test_making_the_groups_again_takes_nothing_away() -> None:
    member("managers")
    group = Group.objects.get(name="viewers")
    before = set(group.permissions.values_list("codename", flat=True))
    group.permissions.add(*Group.objects.get(name="operators").permissions.all())
    member("viewers")
    after = set(group.permissions.values_list("codename", flat=True))
    assert after == before | {"act_on_callrequest", "unmask_callrequest"}
    assert Group.objects.count() == len(ROLES)
