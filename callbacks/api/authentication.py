"""Read the API key of a request, check its scope, and count its use."""

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from callbacks.abuse import key_rate_limit
from callbacks.accounts import api_keys
from callbacks.api import problems
from callbacks.models import ApiKey, Scope


class BearerKey(HttpBearer):
    """The header `Authorization: Bearer …` with a key that has `scope` (None: any key)."""

    def __init__(self, scope: Scope | None = None) -> None:
        super().__init__()
        self.scope = scope

    @property
    def who_may(self) -> str:
        """Return who may use an operation, for the OpenAPI document."""
        if self.scope is None:
            return "Any API key may do this."
        return f"It needs an API key with the scope {self.scope.value}."

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Return the key, or None if it is not valid.

        Raises:
            Problem: the key lacks the scope, or was used too often.
        """
        key = api_keys.find(token.strip())
        if key is None:
            return None
        usage = key_rate_limit.count(request, key)
        request.key_usage = usage  # type: ignore[attr-defined]
        if usage is not None and usage.is_over:
            raise problems.Problem(
                problems.TOO_MANY,
                "This key was used too often. Wait as long as Retry-After says (in seconds).",
                headers={"Retry-After": str(usage.reset)},
            )
        api_keys.note_use(key)
        if self.scope is not None and not key.has_scope(self.scope):
            raise problems.Problem(
                problems.SCOPE_MISSING, f"This needs the scope {self.scope.value}."
            )
        return key


def key_of(request: HttpRequest) -> ApiKey:
    """Return the key of a request that `BearerKey` has let pass."""
    key = request.auth  # type: ignore[attr-defined]
    assert isinstance(key, ApiKey)  # noqa: S101
    return key
