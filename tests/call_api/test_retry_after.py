"""Reading when to ask again."""

from email.utils import formatdate
from time import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.call_api.retry_after import retry_after

DATE_LIKE = (
    r"(Mon, )?[0-9]{1,9} (Jan|Feb|Nov) [0-9]{1,9} [0-9]{1,4}:[0-9]{1,3}(:[0-9]+)? [-+][0-9]{1,9}"
)
NOON = "Tue, 24 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 120 ", 120.0),
        ("86400", 86_400.0),
        ("86401", 86_400.0),
        ("9" * 5000, 86_400.0),
    ],
)
def test_seconds_are_read_and_limited_to_a_day(value: str, seconds: float):
    assert retry_after({"Retry-After": value}) == seconds


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soon",
        "-5",
        "1.5",
        "+5",
        "1e3",
        "5, 5",
        "\u0665",
        "Tue, 99 Nov 2026",
        "\x00",
        "Tue, , ,",
    ],
)
def test_what_cannot_be_read_counts_as_not_said(value: str):
    assert retry_after({"Retry-After": value}) is None


@pytest.mark.long
@given(st.text() | st.from_regex(DATE_LIKE), st.text() | st.from_regex(DATE_LIKE))
def test_nothing_makes_it_fail(value: str, date: str):
    seconds = retry_after({"Retry-After": value, "Date": date})
    assert seconds is None or 0 <= seconds <= 86_400


def test_without_the_header_nothing_is_said():
    assert retry_after({}) is None


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("Tue, 24 Nov 2026 12:01:30 GMT", 90.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("Tue, 01 Dec 2026 12:00:00 GMT", 86_400.0),
        ("Tuesday, 24-Nov-26 12:01:30 GMT", 90.0),
        ("Tue Nov 24 12:01:30 2026", 90.0),
    ],
)
def test_a_date_counts_from_the_answers_own_date(date: str, seconds: float):
    assert retry_after({"Retry-After": date, "Date": NOON}) == seconds


@pytest.mark.parametrize("own_date", [{}, {"Date": "yesterday"}])
def test_a_date_counts_from_now_without_one(own_date: dict[str, str]):
    in_a_minute = formatdate(time() + 60, usegmt=True)
    seconds = retry_after({"Retry-After": in_a_minute, **own_date})
    assert seconds is not None
    assert 30 < seconds <= 60
