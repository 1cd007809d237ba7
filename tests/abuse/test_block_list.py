"""Who is on the block list is not called and may not ask, by number, prefix, domain, address."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from callbacks.abuse import block_keys, block_list
from callbacks.contact import phone_numbers
from callbacks.core import clock
from callbacks.dispatch import PlaceResult, place_next
from callbacks.intake import accept
from callbacks.intake import errors as intake_errors
from callbacks.lifecycle import blocking
from callbacks.models import Block, BlockKind, CallRequest, Reason, Status
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request, make_submission


@pytest.mark.slow
def test_keys_hold_nothing_that_can_be_read() -> None:
    typed = {
        BlockKind.NUMBER: "+33612345678",
        BlockKind.PREFIX: "+336123",
        BlockKind.DOMAIN: "spam.example",
        BlockKind.ADDRESS: "192.0.2.0/24",
    }
    keys = {block_keys.key_of(kind, value) for kind, value in typed.items()}
    assert len(keys) == len(typed)
    for key in keys:
        assert re.fullmatch("[a-z]+:[0-9a-f]{40}", key)


pytestmark = pytest.mark.django_db

ENTRIES = [
    (BlockKind.NUMBER, "06 12 34 56 78"),
    (BlockKind.PREFIX, "+33 6 12 34"),
    (BlockKind.DOMAIN, "@example.FR"),
    (BlockKind.ADDRESS, "192.0.2.0/24"),
    (BlockKind.ADDRESS, "192.0.2.7"),
]


@pytest.mark.parametrize(("kind", "value"), ENTRIES)
def test_an_entry_refuses_at_intake_and_says_nothing_about_the_list(kind, value):
    block_list.add(kind, value)
    with pytest.raises(intake_errors.Rejected) as refused:
        accept.accept(make_submission(address="192.0.2.7"))
    assert "block" not in str(refused.value.sentence).lower()
    assert CallRequest.objects.count() == 0


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (BlockKind.NUMBER, "06 12 34 56 79"),
        (BlockKind.PREFIX, "+33 6 12 35"),
        (BlockKind.DOMAIN, "ample.fr"),
        (BlockKind.DOMAIN, "www.example.fr"),
        (BlockKind.ADDRESS, "192.0.3.0/24"),
    ],
)
def test_others_are_let_in(kind, value):
    block_list.add(kind, value)
    assert accept.accept(make_submission(address="192.0.2.7")).is_new


def test_a_domain_covers_its_subdomains():
    block_list.add(BlockKind.DOMAIN, "example.fr")
    assert block_list.is_blocked(email="jo@mail.Example.fr")


def test_an_ipv6_network():
    block_list.add(BlockKind.ADDRESS, "2001:db8:1::/48")
    assert block_list.is_blocked(address="2001:db8:1:2::9")
    assert not block_list.is_blocked(address="2001:db8:2::9")


def test_an_entry_ends():
    now = clock.now()
    block_list.add(BlockKind.NUMBER, "0612345678", until=now + timedelta(hours=1))
    assert block_list.is_blocked(number="+33612345678")
    with clock.set_to(now + timedelta(hours=1)):
        assert not block_list.is_blocked(number="+33612345678")


@pytest.mark.parametrize(("kind", "value"), ENTRIES)
def test_the_block_list_is_looked_at_again_before_dialling(kind, value):
    call_request = make_request(number="+33612345678", email="jo@example.fr", address="192.0.2.7")
    other = make_request(number="+33781234567", email="jo@other.example", address="198.51.100.7")
    block_list.add(kind, value)
    api = FakeApi()
    assert [place_next(api) for _ in range(3)] == [
        PlaceResult.WORKED,
        PlaceResult.WORKED,
        PlaceResult.IDLE,
    ]
    call_request.refresh_from_db()
    assert (call_request.status, call_request.reason) == (Status.CANCELLED, Reason.BLOCKED)
    assert [call["destination"] for call in api.calls] == [other.number]


def test_never_again_cancels_and_blocks_the_number():
    call_request = accept.accept(make_submission()).call_request
    assert blocking.never_again(call_request)
    call_request.refresh_from_db()
    assert call_request.status == Status.CANCELLED
    with pytest.raises(intake_errors.Rejected):
        accept.accept(make_submission(nonce="another"))


def test_never_again_after_the_call_withdraws_once():
    call_request = accept.accept(make_submission()).call_request
    CallRequest.objects.filter(pk=call_request.pk).update(status="called")
    call_request.refresh_from_db()
    assert not blocking.never_again(call_request)
    assert not blocking.never_again(call_request)
    assert call_request.consent_proofs.filter(event="withdrawn").count() == 1


def test_an_entry_is_renewed_and_not_doubled(admin_user):
    block_list.add(BlockKind.NUMBER, "0612345678")
    entry, is_new = block_list.add(
        BlockKind.NUMBER, "+33 6 12 34 56 78", reason="prank", author=admin_user
    )
    assert (is_new, Block.objects.count()) == (False, 1)
    assert (entry.reason, entry.author, entry.value) == ("prank", admin_user, "+33612345678")
    assert "612345678" not in entry.key


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (BlockKind.NUMBER, "hello"),
        (BlockKind.PREFIX, "+33"),
        (BlockKind.PREFIX, "0612"),
        (BlockKind.DOMAIN, "no domain"),
        (BlockKind.DOMAIN, "com/../x"),
        (BlockKind.ADDRESS, "192.0.2.300"),
        (BlockKind.ADDRESS, "0.0.0.0/0"),
        (BlockKind.ADDRESS, "2000::/3"),
    ],
)
def test_what_is_no_entry_is_refused(kind, value):
    with pytest.raises(ValidationError):
        block_list.add(kind, value)
    assert not Block.objects.exists()


def test_the_look_up_is_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        block_list.is_blocked(number="+33612345678", email="a@b.example", address="2001:db8::1")


@pytest.mark.parametrize("spelling", ["0976 22 12 34", "+33 976 22 12 34", "+262 976 22 12 34"])
@pytest.mark.parametrize(
    ("kind", "blocked"),
    [
        (BlockKind.NUMBER, "0976 22 12 34"),
        (BlockKind.NUMBER, "33976221234"),
        (BlockKind.PREFIX, "+33 9762"),
        (BlockKind.PREFIX, "+262 9762"),
    ],
)
def test_one_phone_is_one_number_for_the_list_however_it_is_typed(kind, blocked, spelling):
    block_list.add(kind, blocked)
    (number,) = phone_numbers.search_forms(spelling, ("FR",))
    assert block_list.is_blocked(number=number)
    assert block_list.about(spelling).exists()


def test_saint_pierres_prefix_is_told_by_its_own_code():
    block_list.add(BlockKind.PREFIX, "+33 508 41")
    assert block_list.is_blocked(number=phone_numbers.parse("0508 41 12 34", ["PM"]))


def test_a_domain_is_the_one_that_browsers_and_mail_would_look_up():
    block_list.add(BlockKind.DOMAIN, "Straße.de")
    assert block_list.is_blocked(email="jo@straße.de")
    assert block_list.is_blocked(email="jo@mail.xn--strae-oqa.de")
    assert not block_list.is_blocked(email="jo@strasse.de")


def test_a_name_that_is_not_in_the_standard_hides_nobody_below_a_listed_domain():
    block_list.add(BlockKind.DOMAIN, "example.fr")
    assert block_list.is_blocked(email="jo@\u2615.example.fr")
