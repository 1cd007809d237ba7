"""How a number is shown: masked in lists and logs, in full to staff."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.contact.number_display import displayed, masked
from tests.support.samples.spellings import CALLABLE


@pytest.mark.parametrize(
    ("e164", "shown"),
    [
        ("+33612345678", "+33 6 •• •• •• 78"),
        ("+33123456789", "+33 1 •• •• •• 89"),
        ("+262692123456", "+262 692 •• •• 56"),
        ("+442079460958", "+44 20 •••• ••58"),
        ("+12125551234", "+1 212-•••-••34"),
        ("+687751234", "+687 ••.••.34"),
        ("+29051", "+290 ••"),
    ],
)
def test_masked(e164: str, shown: str) -> None:
    assert masked(e164) == shown


@pytest.mark.parametrize("text", ["", "abc", "0612345678", "+", "+999123456789", "\x00", "1" * 300])
def test_a_text_that_is_no_number(text: str) -> None:
    assert masked(text) == "••••"
    assert displayed(text) == text


@pytest.mark.long
@given(text=st.text(max_size=300) | st.from_regex(r"\+[0-9]{1,20}", fullmatch=True))
def test_odd_text_never_raises(text: str) -> None:
    masked(text)
    displayed(text)


@given(significant=CALLABLE)
def test_only_three_digits_of_a_french_number_are_seen(significant: str) -> None:
    seen = [c for c in masked("+33" + significant).removeprefix("+33 ") if c.isdigit()]
    assert seen == [significant[0], *significant[-2:]]


def test_displayed() -> None:
    assert displayed("+33612345678") == "+33 6 12 34 56 78"
    assert displayed("+442079460958") == "+44 20 7946 0958"
