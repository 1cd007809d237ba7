"""What is masked cannot be found by trying: look-ups are counted, and notes tell nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from callbacks.abuse import block_list
from callbacks.accounts import audit_log
from callbacks.core import clock
from callbacks.lifecycle import actions
from callbacks.models import AuditEntry, Block, CallRequest, LimitHit
from tests.support.concurrency import concurrently
from tests.support.factories import make_request
from tests.support.staff.pages import LIST, make_staff, messages_on, page_of, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

SEARCH = reverse("admin:callbacks_callrequest_changelist")
BLOCKS = reverse("admin:callbacks_block_changelist")
ADD = reverse("admin:callbacks_block_add")
IMPORT = reverse("admin:callbacks_block_import")
PERSONAL_DATA = reverse("admin:privacy")
TOO_MANY = "You have searched for 3 numbers and emails within an hour"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def three(settings: Settings) -> None:
    settings.LOOK_UPS_PER_HOUR = 3


@pytest.fixture
def masked() -> User:
    """May do everything where something is typed, but see no number."""
    return make_staff(
        "masked",
        *("view_callrequest", "act_on_callrequest", "erase_callrequest"),
        *("view_block", "add_block"),
    )


WAYS: dict[str, tuple[str, dict[str, str]]] = {
    "number": (SEARCH, {"q": "06 12 34 56 7{n}"}),
    "last digits": (SEARCH, {"q": "7{n}"}),
    "email": (SEARCH, {"q": "visitor{n}@example.fr"}),
    "block list": (BLOCKS, {"q": "061234567{n}"}),
    "new block": (ADD, {"kind": "number", "value": "061234567{n}", "reason": "", "until": ""}),
    "import": (IMPORT, {"text": "number,061234567{n}", "confirmed": "yes"}),
    "personal data": (PERSONAL_DATA, {"who": "061234567{n}"}),
    "erasure": (PERSONAL_DATA, {"who": "061234567{n}", "action": "erase", "confirmed": "on"}),
}


def look_up(client: Client, way: str, n: int) -> str:
    address, fields = WAYS[way]
    data = {name: value.format(n=n) for name, value in fields.items()}
    return client.post(address, data, follow=True).content.decode()


@pytest.mark.parametrize("way", WAYS)
def test_a_fourth_look_up_within_the_hour_is_refused_and_on_record(masked: User, way: str) -> None:
    client = signed_in(masked)
    make_request(number="+33612345675")
    with clock.set_to(NOW):
        for n in range(3):
            assert TOO_MANY not in look_up(client, way, n)
        assert not AuditEntry.objects.filter(action=audit_log.LOOK_UPS).exists()
    with clock.set_to(NOW + timedelta(minutes=20)):
        before = Block.objects.count()
        for _again in range(2):
            page = look_up(client, way, 5)
            assert TOO_MANY in page
            assert "Try again in about 40 min" in page
        assert Block.objects.count() == before
    entry = AuditEntry.objects.get(action=audit_log.LOOK_UPS)
    assert (entry.person, entry.detail) == (masked, "3 in an hour")
    with clock.set_to(NOW + timedelta(minutes=60)):
        assert TOO_MANY not in look_up(client, way, 6)


def test_what_is_refused_does_not_say_whether_the_number_is_known(masked: User) -> None:
    client = signed_in(masked)
    make_request(number="+33612345678")
    for n in range(3):
        look_up(client, "number", n)
    for typed in ("0612345678", "0687654321"):
        answer = client.post(SEARCH, {"q": typed})
        assert answer["Location"] == LIST


def test_every_way_counts_towards_the_same_limit(masked: User) -> None:
    client = signed_in(masked)
    for way in ("number", "block list", "personal data"):
        assert TOO_MANY not in look_up(client, way, 1)
    for way in WAYS:
        assert TOO_MANY in look_up(client, way, 2), way


def test_one_account_does_not_use_up_anothers(masked: User, agent: User) -> None:
    for _time in range(4):
        look_up(signed_in(masked), "number", 1)
    assert TOO_MANY not in look_up(signed_in(agent), "number", 1)


@pytest.mark.slow
def test_who_may_see_numbers_is_not_limited(staff: Client) -> None:
    for way in WAYS:
        for n in range(5):
            assert TOO_MANY not in look_up(staff, way, n)
    assert not LimitHit.objects.filter(key__startswith="look-up").exists()


def test_a_requests_own_number_and_words_count_as_nothing(masked: User) -> None:
    client, call_request = signed_in(masked), make_request(number="+33612345678")
    for typed in (call_request.public_id, call_request.token, "Lyon", "ZZZZ9999ZZZZ9999"):
        client.post(SEARCH, {"q": typed})
    client.get(LIST, {"q": f"number:{call_request.pk}"})
    assert not LimitHit.objects.exists()


@pytest.mark.parametrize("typed", ["0612345678", "+33612345678", "jo@example.fr"])
def test_an_address_with_a_number_in_it_finds_nothing(masked: User, typed: str) -> None:
    make_request(number="+33612345678", email="jo@example.fr")
    answer = signed_in(masked).get(LIST, {"q": typed})
    assert list(answer.context["cl"].result_list) == []


@pytest.mark.parametrize("field", ["number", "email", "address", "number_hash", "token", "nonce"])
def test_no_condition_in_an_address_tells_right_from_wrong(masked: User, field: str) -> None:
    call_request = make_request(number="+33612345678", email="jo@example.fr", address="192.0.2.7")
    client, right = signed_in(masked), str(getattr(call_request, field))
    for lookup in ("", "__exact", "__startswith", "__contains", "__gt", "__in", "__regex"):
        seen = []
        for value in (right, "nothing like it"):
            answer = client.get(LIST, {f"{field}{lookup}": value}, follow=True)
            rows = list(answer.context["cl"].result_list) if answer.status_code == 200 else []
            seen.append((answer.status_code, rows))
        assert seen[0] == seen[1], lookup


@pytest.mark.django_db(transaction=True)
def test_the_limit_is_exact_when_many_searches_come_at_once(masked: User) -> None:
    clients = [signed_in(masked) for _ in range(8)]
    pages = concurrently(8, lambda index: look_up(clients[index], "number", 1))
    assert sum(TOO_MANY in page for page in pages) == 5
    assert AuditEntry.objects.filter(action=audit_log.LOOK_UPS).count() == 1


def test_an_import_does_not_say_which_numbers_are_on_the_list(masked: User, chief: User) -> None:
    block_list.add("number", "+33612345678")
    text = "number,0612345678\nnumber,0687654321\ndomain,example.fr\nnumber,none"
    for person, tells in ((chief, True), (masked, False)):
        client = signed_in(person)
        preview = client.post(IMPORT, {"text": text}).content.decode()
        assert ("renews an entry" in preview) is tells
        done = client.post(IMPORT, {"text": text, "confirmed": "yes"}, follow=True)
        [message] = messages_on(done.content.decode())
        assert ("Renewed" in message) is tells
        assert "3 entries are on the block list." in message
        assert "Lines left out: 1." in message


def test_adding_a_number_does_not_say_that_it_was_on_the_list(masked: User, chief: User) -> None:
    block_list.add("number", "+33612345678")
    data = {"kind": "number", "value": "0612345678", "reason": "", "until": ""}
    for person, tells in ((chief, True), (masked, False)):
        page = signed_in(person).post(ADD, data, follow=True).content.decode()
        assert ("This was already on the list" in page) is tells


# Spellings that are hidden where they are the visitor's own.
GUESSES = ("06/12/34/56/{n}", "6.12.34.56.{n}", "612 34_56_{n}", "0(6)12-34-56-{n}")


@pytest.mark.parametrize("guess", GUESSES)
@pytest.mark.parametrize("prefix", ["", "x", "%20", "%2B33"])
def test_a_note_of_many_numbers_does_not_tell_which_is_the_right_one(
    agent: User, guess: str, prefix: str
) -> None:
    assert shown_of(agent, prefix + guess.format(n=78)) == shown_of(
        agent, prefix + guess.format(n=79)
    )


def test_a_note_does_not_tell_which_email_is_the_right_one(agent: User) -> None:
    call_request: dict[str, Any] = {"email": "o'brien@example.fr"}
    right = shown_of(agent, "o'brien@example.fr, a=b", **call_request)
    assert right == shown_of(agent, "o'bryan@example.fr, a=b", **call_request)


def test_words_and_short_numbers_in_a_note_stay(agent: User) -> None:
    text = "Commande 12345678 du 24/11/2026 à 10:30, tarif 3 €"
    assert shown_of(agent, text) == text


def shown_of(agent: User, note: str, **fields: Any) -> str:
    """The note as the page of a request shows it to somebody who may not see its number."""
    call_request = make_request(**{"number": "+33612345678"} | fields)
    actions.add_note(call_request, agent, note)
    page = signed_in(agent).get(page_of(CallRequest.objects.get(pk=call_request.pk)))
    [event] = [event for event in page.context["events"] if event.kind == "note"]
    return str(event.note)
