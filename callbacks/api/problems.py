"""Errors as problem documents (RFC 9457). Titles are in English: they are for developers.

A problem never repeats what was sent, because that may contain a number, an email or a key.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from django.http import HttpResponse

CONTENT_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:callback:problem:"


@dataclass(frozen=True)
class Kind:
    """A kind of problem. `name` ends its `type`, which never changes."""

    name: str
    status: int
    title: str

    @property
    def type(self) -> str:
        """Return the URI that identifies this kind of problem."""
        return TYPE_PREFIX + self.name


UNREADABLE = Kind("unreadable", 400, "The request cannot be read.")
KEY_NEEDED = Kind("key-needed", 401, "A valid API key is needed.")
IDEMPOTENCY_KEY_NEEDED = Kind(
    "idempotency-key-needed", 400, "A valid Idempotency-Key header is needed."
)
SCOPE_MISSING = Kind("scope-missing", 403, "The API key may not do this.")
ORIGIN_NOT_ALLOWED = Kind(
    "origin-not-allowed", 403, "This site may not show the widget, or no Origin was sent."
)
NOT_FOUND = Kind("not-found", 404, "There is nothing at this address.")
METHOD_NOT_ALLOWED = Kind("method-not-allowed", 405, "This address does not allow this method.")
TOO_LATE = Kind("too-late", 409, "It is too late for this.")
CLOSED = Kind("closed", 409, "The widget takes no calls at this time.")
MOVED_TOO_OFTEN = Kind("moved-too-often", 409, "The call was moved too often.")
IDEMPOTENCY_KEY_REUSED = Kind(
    "idempotency-key-reused", 409, "This Idempotency-Key was used with another body."
)
REFUSED = Kind("refused", 409, "The request was not accepted.")
FORM_OUTDATED = Kind("form-outdated", 409, "Get the form again, show it, and send it anew.")
BODY_TOO_LARGE = Kind("body-too-large", 413, "The body is too large.")
NOT_JSON = Kind("not-json", 415, "The body must be JSON (application/json).")
INVALID = Kind("invalid", 422, "Some values are wrong.")
TOO_MANY = Kind("too-many-requests", 429, "Too many requests.")
LIMIT_REACHED = Kind("limit-reached", 429, "A limit for calls is reached.")
BROKEN = Kind("internal-error", 500, "Something went wrong on our side.")
UNAVAILABLE = Kind("unavailable", 503, "The service is unavailable. Try again later.")

KINDS = (
    *(UNREADABLE, KEY_NEEDED, SCOPE_MISSING, NOT_FOUND, METHOD_NOT_ALLOWED, TOO_LATE),
    *(CLOSED, MOVED_TOO_OFTEN, IDEMPOTENCY_KEY_NEEDED, IDEMPOTENCY_KEY_REUSED, REFUSED),
    *(ORIGIN_NOT_ALLOWED, FORM_OUTDATED),
    *(BODY_TOO_LARGE, NOT_JSON, INVALID, TOO_MANY, LIMIT_REACHED, BROKEN, UNAVAILABLE),
)
# The first kind of each status is the general one.
_BY_STATUS = {kind.status: kind for kind in reversed(KINDS)}


# A longer name may be a key.
LONGEST_NAME = 30


def may_be_named(name: str | int) -> bool:
    """Return whether a problem may name this member of a body.

    An unknown name is the caller's, and may be anything: a number has digits, an email an @.
    """
    letters = str(name).replace("_", "")
    return letters.isascii() and letters.isalpha() and len(str(name)) <= LONGEST_NAME


@dataclass(frozen=True)
class Field:
    """A wrong value: where it stands, such as `query.limit`, and what is wrong.

    `code` says it to programs, where there is one.
    """

    name: str
    detail: str
    code: str = ""

    @property
    def member(self) -> dict[str, str]:
        """Return it as the document shows it."""
        code = {"code": self.code} if self.code else {}
        return {"field": self.name, "detail": self.detail, **code}


@dataclass
class Problem(Exception):
    """An error that the caller is told."""

    kind: Kind
    detail: str = ""
    errors: Sequence[Field] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str = ""

    def response(self) -> HttpResponse:
        """Return the problem document."""
        document: dict[str, object] = {
            "type": self.kind.type,
            "title": self.kind.title,
            "status": self.kind.status,
        }
        if self.detail:
            document["detail"] = self.detail
        if self.code:
            document["code"] = self.code
        if self.errors:
            document["errors"] = [one.member for one in self.errors]
        return HttpResponse(
            json.dumps(document),
            status=self.kind.status,
            content_type=CONTENT_TYPE,
            headers=dict(self.headers),
        )


def of_status(status: int) -> Problem:
    """Return the problem of an error that another part of the site answered."""
    return Problem(
        _BY_STATUS.get(status) or Kind(f"http-{status}", status, HTTPStatus(status).phrase)
    )
