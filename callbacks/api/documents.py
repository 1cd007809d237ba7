"""The OpenAPI document: problems have a media type and a schema of their own."""

from http import HTTPStatus
from typing import Any

from ninja import Schema

from callbacks.api import problems

# Any request may meet them.
ALWAYS = (400, 405, 413, 415, 500, 503)


class FieldOut(Schema):
    """A wrong value: where it stands, and what is wrong. `code` says it to programs, if known."""

    field: str
    detail: str
    code: str | None = None


class ProblemOut(Schema):
    """A problem document (RFC 9457). Compare `type`: it never changes."""

    type: str
    title: str
    status: int
    detail: str | None = None
    code: str | None = None
    errors: list[FieldOut] | None = None


def problems_of(*statuses: int) -> dict[Any, Any]:
    """Return the problems that an operation may answer, as ninja's `response` takes them."""
    return dict.fromkeys(sorted({*statuses, *ALWAYS}), ProblemOut)


def with_media_types(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI document with the right media type for each problem."""
    for path in schema["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if int(status) >= 400 and "content" in answer:
                    content = answer["content"].pop("application/json")
                    answer["content"][problems.CONTENT_TYPE] = content
                answer["description"] = _title(int(status))
    return schema


def _title(status: int) -> str:
    """Return what an answer with this status means."""
    kinds = [kind for kind in problems.KINDS if kind.status == status]
    if len(kinds) > 1:
        return f"{HTTPStatus(status).phrase}: type says why."
    return problems.of_status(status).kind.title
