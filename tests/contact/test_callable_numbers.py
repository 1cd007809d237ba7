"""Landlines, mobiles and VoIP lines are callable, in every spelling, and give the same E.164."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.contact.phone_numbers import parse
from tests.support.samples.spellings import CALLABLE, spellings

WAYS = sorted(spellings("612345678"))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("significant", ["123456789", "562345678", "612345678", "912345678"])
def test_each_spelling(significant: str, way: str) -> None:
    assert parse(spellings(significant)[way]) == "+33" + significant


@pytest.mark.parametrize(
    "typed",
    [
        *("0123456789", "0223456789", "0323456789", "0423456789", "0523456789"),
        *("0612345678", "0687654321", "0756123456", "0789123456"),
        *("0698123456", "0699123456", "0970123456", "0987654321"),
    ],
)
def test_each_kind(typed: str) -> None:
    assert parse(typed) == "+33" + typed[1:]


def test_0695_is_a_mainland_mobile_among_overseas_blocks() -> None:
    assert parse("06 95 12 34 56") == "+33695123456"


@given(significant=CALLABLE, way=st.sampled_from(WAYS))
def test_any_callable_number_in_any_spelling(significant: str, way: str) -> None:
    assert parse(spellings(significant)[way]) == "+33" + significant
