"""Read the body of a request as JSON that means one thing only (RFC 7493)."""

from typing import cast

from django.http import HttpRequest
from ninja.parser import Parser
from ninja.types import DictStrAny

from callbacks.core import strict_json


class StrictJson(Parser):
    """A parser that refuses a name that occurs twice, and numbers that JSON does not have."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        """Return the body. django-ninja answers 400 to any error raised here."""
        return cast(DictStrAny, strict_json.read(request.body.decode("utf-8")))
