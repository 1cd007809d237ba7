"""Read the body of a request as JSON that means one thing only (RFC 7493)."""

import json
from typing import Any, cast

from django.http import HttpRequest
from ninja.parser import Parser
from ninja.types import DictStrAny


class StrictJson(Parser):
    """A parser that refuses a name that occurs twice, and numbers that JSON does not have."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        """Return the body. django-ninja answers 400 to any error raised here."""
        text = request.body.decode("utf-8")
        read = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse)
        return cast(DictStrAny, read)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object with these members. Readers disagree on which of two equal names counts."""
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("a name occurs twice")
    return read


def _refuse(constant: str) -> None:
    """Refuse NaN and the infinities."""
    raise ValueError("not JSON")
