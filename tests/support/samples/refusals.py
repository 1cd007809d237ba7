"""What `parse` says of a text, as a value that a test can look at."""

from collections.abc import Sequence

import pytest

from callbacks.contact.phone_numbers import NumberRefused, Reason, parse


def refusal(typed: str, *regions: str) -> Reason:
    """Why this is refused, as it must be; FR alone is allowed unless regions are named."""
    with pytest.raises(NumberRefused) as refused:
        parse(typed, regions or ("FR",))
    return refused.value.reason


def outcome(typed: str, regions: Sequence[str] = ("FR",)) -> str | NumberRefused:
    """The E.164 number, or the refusal."""
    try:
        return parse(typed, regions)
    except NumberRefused as refused:
        return refused
