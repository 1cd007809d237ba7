"""A visitor who is refused for a limit is told a coarse time, in words, and not which limit."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import translation

from callbacks.abuse.limits import LimitReached
from callbacks.intake.errors import TooMany, as_too_many, wait_sentence
from callbacks.models import RefusalKind


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def told(kind: RefusalKind, minutes: float) -> tuple[str, timedelta]:
    with pytest.raises(TooMany) as refused, as_too_many():
        raise LimitReached(kind, timedelta(minutes=minutes))
    return str(refused.value.sentence), refused.value.retry_after


@pytest.mark.parametrize(
    ("minutes", "words", "wait"),
    [
        (5, "about 5 minutes.", 5),
        (5.1, "about 15 minutes.", 15),
        (31, "about 1 hour.", 60),
        (60.1, "about 2 hours.", 120),
        (24 * 60 + 1, "about 24 hours.", 24 * 60),
    ],
)
def test_the_next_longer_time_is_told(minutes: float, words: str, wait: int) -> None:
    sentence, retry_after = told(RefusalKind.NUMBER, minutes)
    assert sentence.endswith(f"Please try again in {words}")
    assert retry_after == timedelta(minutes=wait)


def test_a_limit_of_the_connection_is_told_as_such_with_its_exact_time() -> None:
    sentence, retry_after = told(RefusalKind.ADDRESS, 7)
    assert sentence.startswith("Too many requests from your internet connection.")
    assert retry_after == timedelta(minutes=7)


def test_a_limit_that_is_not_about_requests_stays_what_it_is() -> None:
    with pytest.raises(LimitReached), as_too_many():
        raise LimitReached(None, timedelta(minutes=1))


@pytest.mark.parametrize(
    ("seconds", "words"), [(60, "about 1 minute."), (61, "about 2 minutes."), (3600, "60 minutes.")]
)
def test_the_wait_for_a_long_queue_is_rounded_up_to_minutes(seconds: int, words: str) -> None:
    assert str(wait_sentence(timedelta(seconds=seconds))).endswith(words)
