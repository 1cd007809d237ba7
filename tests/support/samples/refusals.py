"""Return what `parse` says of a text, as a value for a test."""

from collections.abc import Sequence

import pytest

from callbacks.contact.phone_numbers import NumberRefused, Reason, parse


def refusal(typed: str, *regions: str) -> Reason:
    """Return why `typed` is refused, as it must be; only FR is allowed unless regions are given."""
    with pytest.raises(NumberRefused) as refused:
        parse(typed, regions or ("FR",))
    return refused.value.reason


def outcome(typed: str, regions: Sequence[str] = ("FR",)) -> str | NumberRefused:
    """Return the E.164 number, or the refusal."""
    try:
        return parse(typed, regions)
    except NumberRefused as refused:
        return refused
