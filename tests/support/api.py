"""Use the JSON API as a company's own system does."""

import json
from typing import Any

from django.test import Client

from callbacks.accounts import api_keys
from callbacks.api import problems
from callbacks.models import Scope, Widget

API = "/api/v1"


def make_key(*scopes: Scope, widget: Widget | None = None) -> str:
    """Create a key with these scopes; return its secret."""
    return api_keys.create("Shop system", scopes, widget)[1]


class JsonClient(Client):
    """A client that sends JSON by default."""

    def post(self, path: str, data: Any = None, content_type: str = "", **extra: Any) -> Any:  # type: ignore[override]
        """Send `data` as JSON, unless another content type is given."""
        return super().post(path, data or {}, content_type or "application/json", **extra)


def caller(*scopes: Scope, widget: Widget | None = None) -> JsonClient:
    """Return a client that signs in with a new key."""
    return JsonClient(headers={"authorization": f"Bearer {make_key(*scopes, widget=widget)}"})


def check_problem(response: Any, kind: problems.Kind) -> dict[str, Any]:
    """Check that the answer is this problem document, and return it."""
    assert response.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = json.loads(response.content)
    assert document["type"] == kind.type, document
    assert (response.status_code, document["status"]) == (kind.status, kind.status)
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.cookies
    return document
