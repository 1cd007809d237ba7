"""Whatever is typed, `parse` returns a callable E.164 number or raises NumberRefused."""

import re
import time
from unittest.mock import patch

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callbacks.contact.phone_numbers import (
    NumberRefused,
    Reason,
    parse,
    search_forms,
    supported_regions,
)
from callbacks.contact.typed_number import MAX_LENGTH
from tests.support.samples.refusals import outcome, refusal

ANYTHING = st.text(max_size=60)
# Text that comes close to a number, where any text seldom does.
NEARLY = st.text("0123456789+ .-/()\u00a0\u200e\u0661\uff11xX#;,=extpos\x00", max_size=45)
NUMBERS = st.from_regex(r"(\+|00|0|\+33|0033|\+33 ?\(0\)|)[0-9]{2,12}", fullmatch=True)
TYPED = ANYTHING | NEARLY | NUMBERS
REGIONS = st.lists(
    st.sampled_from([*supported_regions(), "FR", "RE", "GP", "XX"]), max_size=4
) | st.just(["FR"])


@given(typed=TYPED, regions=REGIONS)
@example(typed="06 12 34 56 78", regions=["FR"])
@example(typed="(1) 1111", regions=["AT"])
@example(typed="030 1234567890123", regions=["DE"])
def test_a_number_or_a_refusal_and_the_number_stays_itself(typed: str, regions: list[str]) -> None:
    number = outcome(typed, regions)
    if isinstance(number, NumberRefused):
        return
    assert re.fullmatch(r"\+[1-9][0-9]{6,14}", str(number))
    assert parse(str(number), regions) == number


@given(typed=TYPED)
@example(typed="06 12 34 56 78")
@example(typed="0692 12 34 56")
def test_under_fr_only_mainland_numbers_are_accepted(typed: str) -> None:
    number = outcome(typed)
    assert isinstance(number, NumberRefused) or re.fullmatch(r"\+33[1-79][0-9]{8}", str(number))


@given(rest=st.text("0123456789", min_size=8, max_size=8))
@pytest.mark.parametrize("start", ["08", "+338", "+33 (0)8", "00338"])
def test_no_08_number_is_ever_accepted(start: str, rest: str) -> None:
    assert refusal(start + rest) is Reason.SPECIAL


@given(digits=st.text("0123456789", min_size=1, max_size=8))
def test_no_number_of_few_digits_is_ever_accepted(digits: str) -> None:
    for typed in (digits, "+33" + digits.lstrip("0")):
        assert isinstance(outcome(typed), NumberRefused)


@given(typed=TYPED)
def test_nothing_typed_is_told_again(typed: str) -> None:
    refused = outcome(typed)
    if isinstance(refused, NumberRefused):
        said = str(refused) + repr(refused)
        assert not any(character.isdecimal() for character in said)
        assert refused.__context__ is None


@given(typed=TYPED, regions=REGIONS)
def test_a_search_never_raises(typed: str, regions: list[str]) -> None:
    assert all(re.fullmatch(r"\+[0-9]+", form) for form in search_forms(typed, regions))


@pytest.mark.parametrize("typed", ["1" * (MAX_LENGTH + 1), "x" * 10_000, "0" * 10_000])
def test_a_long_text_is_not_parsed(typed: str) -> None:
    with patch.object(phonenumbers, "parse") as parser:
        assert refusal(typed) is Reason.TOO_LONG
        assert search_forms(typed, ("FR",)) == []
    parser.assert_not_called()


@pytest.mark.parametrize("typed", ["1x" * 20, "1," * 20, "1 (" * 13, "+" * 40, "1;ext" * 8])
def test_no_text_is_slow(typed: str) -> None:
    start = time.process_time()
    for _ in range(20):
        assert refusal(typed) in {Reason.LETTERS, Reason.CHARACTERS, Reason.SHORT, Reason.TOO_LONG}
    assert time.process_time() - start < 1
