"""Systems of the company read the block list, add to it, and undo only what they added."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from callbacks.abuse import block_list
from callbacks.api import problems
from callbacks.core import clock
from callbacks.data_protection import erasure
from callbacks.lifecycle import blocking
from callbacks.models import AuditEntry, Block, BlockKind, Scope
from tests.support.api import API, caller, check_problem
from tests.support.concurrency import concurrently
from tests.support.factories import make_request, make_widget
from tests.support.staff.pages import make_staff, signed_in
from tests.support.staff.roles import member

pytestmark = pytest.mark.django_db

BLOCKS = f"{API}/blocks"
NUMBER = "+33612345678"


def test_a_system_adds_an_entry_that_holds_for_the_form() -> None:
    client = caller(Scope.BLOCKS_WRITE)
    sent = {"kind": "number", "value": "06 12 34 56 78", "reason": "Asked in the shop"}
    answer = client.post(BLOCKS, sent)
    assert answer.status_code == 201
    told = answer.json()
    assert (told["kind"], told["by"], told["until"], told["is_in_force"]) == (
        *("number", "api_key", None, True),
    )
    assert "612345678" not in str(told)
    assert block_list.is_blocked(number=NUMBER)
    again = client.post(BLOCKS, sent)
    assert (again.status_code, again.json()) == (200, told)
    entry = AuditEntry.objects.get(action="block.add")
    assert entry.facts == {"key": "Shop system"}
    assert Block.objects.get().api_key is not None


def test_each_entry_is_listed_and_in_full_only_with_the_scope() -> None:
    block_list.add(BlockKind.NUMBER, NUMBER, reason="jo@example.fr, 06 12 34 56 78, was rude")
    block_list.add(BlockKind.PREFIX, "+3361234567", author=make_staff("someone"))
    until = clock.now() + timedelta(days=1)
    block_list.add(BlockKind.DOMAIN, "spam.example", until=until)
    block_list.add(BlockKind.ADDRESS, "192.0.2.0/24")
    masked = caller(Scope.BLOCKS).get(BLOCKS).json()["blocks"]
    assert [one["value"] for one in masked] == [
        *("192.0.2.0/24", "spam.example", "+3361234•••", "+33 6 •• •• •• 78")
    ]
    assert "12 34 56" not in str(masked)
    assert "jo@example.fr" not in str(masked)
    assert [one["by"] for one in masked] == ["visitor", "visitor", "staff", "visitor"]
    in_full = caller(Scope.BLOCKS, Scope.NUMBERS).get(BLOCKS).json()["blocks"]
    assert [one["value"] for one in in_full][2:] == ["+3361234567", NUMBER]
    assert in_full[3]["reason"] == "jo@example.fr, 06 12 34 56 78, was rude"
    assert [one["id"] for one in in_full] == [one["id"] for one in masked]


def test_the_list_is_filtered_and_has_pages() -> None:
    start = clock.now()
    for index in range(5):
        with clock.set_to(start + timedelta(seconds=index)):
            until = start + timedelta(minutes=1) if index == 0 else None
            block_list.add(BlockKind.NUMBER, f"+3361234567{index}", until=until)
    block_list.add(BlockKind.DOMAIN, "spam.example")
    client = caller(Scope.BLOCKS)
    with clock.set_to(start + timedelta(hours=1)):
        ended = client.get(BLOCKS, {"in_force": "false"}).json()["blocks"]
        assert [one["is_in_force"] for one in ended] == [False]
        query: dict[str, Any] = {"kind": "number", "in_force": "true", "limit": 3}
        first = client.get(BLOCKS, query).json()
        second = client.get(BLOCKS, query | {"cursor": first["next_cursor"]}).json()
    assert [len(first["blocks"]), len(second["blocks"])] == [3, 1]
    assert second["next_cursor"] is None
    assert len({one["id"] for one in first["blocks"] + second["blocks"]}) == 4


def test_a_cursor_of_one_list_is_none_of_another() -> None:
    client = caller(Scope.BLOCKS, Scope.READ)
    for index in range(2):
        block_list.add(BlockKind.NUMBER, f"+3361234567{index}")
        make_request(number=f"+3361234567{index}")
    lists = [BLOCKS, f"{API}/requests"]
    cursors = [client.get(one, {"limit": 1}).json()["next_cursor"] for one in lists]
    for one, cursor in zip(lists, reversed(cursors), strict=True):
        answer = client.get(one, {"cursor": cursor})
        [error] = check_problem(answer, problems.INVALID)["errors"]
        assert error["field"] == "query.cursor"


def test_it_never_shortens_what_a_person_wanted() -> None:
    client = caller(Scope.BLOCKS_WRITE)
    block_list.add(BlockKind.NUMBER, NUMBER, reason=blocking.BY_VISITOR)
    tomorrow = (clock.now() + timedelta(days=1)).isoformat()
    sent = {"kind": "number", "value": NUMBER, "until": tomorrow}
    answer = client.post(BLOCKS, sent)
    assert (answer.status_code, answer.json()["by"]) == (200, "visitor")
    removed = client.delete(f"{BLOCKS}/{answer.json()['id']}")
    assert check_problem(removed, problems.REFUSED)["code"] == "by_visitor"
    entry = Block.objects.get()
    assert (entry.until, entry.reason) == (None, blocking.BY_VISITOR)
    assert not AuditEntry.objects.exclude(action="api_key.create").exists()


def test_an_entry_that_ends_sooner_is_prolonged() -> None:
    client = caller(Scope.BLOCKS_WRITE)
    soon, later = (clock.now() + timedelta(days=days) for days in (1, 2))
    for until in (soon, later, soon):
        client.post(BLOCKS, {"kind": "domain", "value": "spam.example", "until": until.isoformat()})
    assert Block.objects.get().until == later


def test_it_removes_what_it_or_staff_added() -> None:
    client = caller(Scope.BLOCKS_WRITE)
    block_list.add(BlockKind.NUMBER, NUMBER, author=make_staff("someone"))
    ids = [client.post(BLOCKS, {"kind": "number", "value": NUMBER}).json()["id"]]
    ids.append(client.post(BLOCKS, {"kind": "domain", "value": "spam.example"}).json()["id"])
    for one in ids:
        answer = client.delete(f"{BLOCKS}/{one}")
        assert (answer.status_code, answer.content) == (204, b"")
        check_problem(client.delete(f"{BLOCKS}/{one}"), problems.NOT_FOUND)
    assert not Block.objects.exists()
    assert AuditEntry.objects.filter(action="block.delete", facts__key="Shop system").count() == 2


def test_an_erased_entry_stays_in_force_and_shows_nothing() -> None:
    client = caller(Scope.BLOCKS_WRITE, Scope.BLOCKS, Scope.NUMBERS)
    client.post(BLOCKS, {"kind": "number", "value": NUMBER, "reason": "Mr Marked"})
    erasure.erase(None, number=NUMBER)
    [entry] = client.get(BLOCKS).json()["blocks"]
    assert (entry["value"], entry["reason"], entry["is_in_force"]) == (None, "", True)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"value": "nothing"}, "body.value"),
        ({"value": ""}, "body.value"),
        ({"value": 7}, "body.value"),
        ({"value": "\u0000"}, "body.value"),
        ({"value": "\ud800"}, "body.value"),
        ({"value": "x" * 301}, "body.value"),
        ({"kind": "prefix", "value": "+33"}, "body.value"),
        ({"kind": "address", "value": "0.0.0.0/0"}, "body.value"),
        ({"kind": "domain", "value": "fr"}, "body.value"),
        ({"kind": "everything"}, "body.kind"),
        ({"reason": "a\nb"}, "body.reason"),
        ({"reason": "x" * 201}, "body.reason"),
        ({"until": "2020-01-01T00:00:00Z"}, "body.until"),
        ({"until": "tomorrow"}, "body.until"),
        ({"author": "chief"}, "body.author"),
    ],
)
def test_a_wrong_entry_is_named_and_changes_nothing(fields: dict[str, Any], field: str) -> None:
    sent = {"kind": "number", "value": "06 12 34 56 78"} | fields
    answer = caller(Scope.BLOCKS_WRITE).post(BLOCKS, sent)
    [error] = check_problem(answer, problems.INVALID)["errors"]
    assert error["field"] == field
    assert not Block.objects.exists()
    assert not AuditEntry.objects.filter(action="block.add").exists()


def test_each_operation_needs_its_scope_and_a_key_of_all_widgets() -> None:
    block_list.add(BlockKind.NUMBER, NUMBER)
    sent = {"kind": "domain", "value": "spam.example"}
    others = [scope for scope in Scope if scope not in {Scope.BLOCKS, Scope.BLOCKS_WRITE}]
    for client in (caller(*others), caller(*Scope, widget=make_widget())):
        check_problem(client.get(BLOCKS), problems.SCOPE_MISSING)
        check_problem(client.post(BLOCKS, sent), problems.SCOPE_MISSING)
        check_problem(client.delete(f"{BLOCKS}/x"), problems.SCOPE_MISSING)
    check_problem(caller(Scope.BLOCKS).post(BLOCKS, sent), problems.SCOPE_MISSING)
    check_problem(caller(Scope.BLOCKS_WRITE).get(BLOCKS), problems.SCOPE_MISSING)
    assert Block.objects.count() == 1


def test_what_a_system_added_is_not_taken_for_a_visitors_wish() -> None:
    caller(Scope.BLOCKS_WRITE).post(
        BLOCKS, {"kind": "number", "value": NUMBER, "reason": blocking.BY_VISITOR}
    )
    entry = Block.objects.get()
    is_lifted = block_list.lift(
        BlockKind.NUMBER, NUMBER, added_at=entry.created_at, reason=blocking.BY_VISITOR
    )
    assert not is_lifted
    assert Block.objects.exists()


def test_staff_see_which_system_added_an_entry() -> None:
    staff = signed_in(member("managers"))
    caller(Scope.BLOCKS_WRITE).post(BLOCKS, {"kind": "domain", "value": "spam.example"})
    page = staff.get(reverse("admin:callbacks_block_changelist")).content.decode()
    assert "API key “Shop system”" in page
    trail = staff.get(reverse("admin:callbacks_auditentry_changelist")).content.decode()
    assert "Shop system" in trail


def test_no_number_reaches_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = caller(Scope.BLOCKS_WRITE)
    client.post(BLOCKS, {"kind": "number", "value": "06 12 34 56 78"})
    client.post(BLOCKS, {"kind": "address", "value": "06 12 34 56 78"})
    assert "12 34 56 78" not in caplog.text
    assert "612345678" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_of_the_same_entries_at_once_one_is_new() -> None:
    client = caller(Scope.BLOCKS_WRITE)
    sent = {"kind": "number", "value": NUMBER}
    statuses = concurrently(4, lambda _index: client.post(BLOCKS, sent).status_code)
    assert sorted(statuses) == [200, 200, 200, 201]
    assert Block.objects.count() == 1
