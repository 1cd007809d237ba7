"""Read JSON that means one thing only (RFC 7493)."""

import json
from typing import Any


class RepeatedName(ValueError):
    """An object has a name twice: readers disagree on which of the two values counts."""


def read(text: str) -> Any:
    """Return what the JSON text says.

    Raises:
        RepeatedName: an object has a name twice.
        ValueError: it is not JSON, or has a number that JSON does not have.
        RecursionError: it is nested too deeply.
    """
    return json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object with these members; raise `RepeatedName` if two have the same name."""
    read = dict(pairs)
    if len(read) != len(pairs):
        raise RepeatedName
    return read


def _refuse(constant: str) -> None:
    """Refuse NaN and the infinities."""
    raise ValueError("not JSON")
