"""Every error under /api/ is a problem document, wherever it arises; nothing is changed."""

import json
import subprocess
import sys
from http import HTTPStatus
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from callback_site.headers import _plain
from callbacks.api import problems
from callbacks.api import requests as request_views
from callbacks.models import Scope
from tests.support.api import API, caller, check_problem
from tests.support.factories import make_request
from tests.support.sandbox_process import ROOT

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path",
    [
        *("/api/", "/api/v1", "/api/v1/", "/api/v2/requests", "/api/v1/requests/"),
        *("/api/v1/requests/a%00b", "/api/v1/requests/%ff", "/api/v1/requests/é"),
        *("/api/v1/requests/a/b/c", "/api/v1/docs/", "/api/../api/x"),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_address(path: str, method: str) -> None:
    check_problem(getattr(caller(*Scope), method)(path), problems.NOT_FOUND)


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_a_method_that_is_not_allowed(method: str) -> None:
    response = getattr(caller(*Scope), method)(f"{API}/requests")
    check_problem(response, problems.METHOD_NOT_ALLOWED)
    assert "GET" in response.headers["Allow"]


@pytest.mark.parametrize(
    ("body", "content_type", "kind"),
    [
        (b"x" * (64 * 1024 + 1), "application/json", problems.BODY_TOO_LARGE),
        (b"x" * (7 * 1024 * 1024), "application/json", problems.BODY_TOO_LARGE),
        (b"a=b", "application/x-www-form-urlencoded", problems.NOT_JSON),
        (b"{}", "text/plain", problems.NOT_JSON),
        (b"--x--", "multipart/form-data; boundary=x", problems.NOT_JSON),
    ],
)
def test_a_body_that_is_not_read(body: bytes, content_type: str, kind: problems.Kind) -> None:
    call_request = make_request()
    path = f"{API}/requests/{call_request.public_id}/cancel"
    check_problem(caller(Scope.WRITE).post(path, body, content_type=content_type), kind)
    call_request.refresh_from_db()
    assert call_request.status == "queued"


def test_a_null_character_in_the_query() -> None:
    response = caller(Scope.READ).get(f"{API}/requests?cursor=%00")
    check_problem(response, problems.UNREADABLE)


def test_an_unknown_host() -> None:
    response = caller(Scope.READ).get(f"{API}/requests", headers={"host": "evil.example"})
    check_problem(response, problems.UNREADABLE)


def test_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("could not connect to server")

    client = caller(Scope.READ)
    monkeypatch.setattr(request_views, "_find", away)
    monkeypatch.setattr("callbacks.core.availability.is_database_away", lambda error: True)
    response = client.get(f"{API}/requests/{make_request().public_id}")
    check_problem(response, problems.UNAVAILABLE)
    assert int(response.headers["Retry-After"]) > 0


def test_a_mistake_of_ours_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("secret details")

    client = caller(Scope.READ)
    client.raise_request_exception = False
    monkeypatch.setattr(request_views, "_find", broken)
    response = client.get(f"{API}/requests/{make_request().public_id}")
    document = check_problem(response, problems.BROKEN)
    assert "secret" not in str(document)


def test_a_request_that_django_cannot_read() -> None:
    headers, body = _plain(HTTPStatus.BAD_REQUEST, f"{API}/requests")
    assert headers["Content-Type"] == problems.CONTENT_TYPE
    assert json.loads(body)["type"] == problems.UNREADABLE.type
    assert int(headers["Content-Length"]) == len(body)


def test_every_kind_is_documented() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    for kind in problems.KINDS:
        assert f"`{kind.name}` | {kind.status} |" in text
    for scope in Scope:
        assert f"`{scope.value}`" in text


def test_the_document_names_each_answer() -> None:
    response = Client().get(f"{API}/openapi.json")
    assert response.status_code == 200
    document = response.json()
    assert set(document["paths"]) == {
        "/api/v1/blocks",
        "/api/v1/blocks/{id}",
        "/api/v1/usage",
        "/api/v1/widgets",
        "/api/v1/widgets/{id}",
        "/api/v1/requests",
        "/api/v1/requests/search",
        "/api/v1/requests/{id}",
        "/api/v1/requests/{id}/cancel",
        "/api/v1/requests/{id}/move",
        "/api/v1/widgets/{id}/slots",
        "/api/v1/widgets/{id}/form",
        "/api/v1/widgets/{id}/requests",
    }
    for path in document["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if status == "204":
                    continue
                media = "application/problem+json" if int(status) >= 400 else "application/json"
                assert set(answer["content"]) == {media}
            assert operation["security"]


@pytest.mark.slow
def test_workers_and_housekeeping_do_not_load_the_api() -> None:
    """They check the addresses of the site when they start, as every command does."""
    program = (
        "import sys, django; django.setup();"
        "from django.core.management import call_command; call_command('check');"
        "from django.urls import reverse; reverse('admin:index');"
        "import callbacks.worker.tasks, callbacks.worker.housekeeping;"
        "print(sorted({'ninja', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == "[]"
