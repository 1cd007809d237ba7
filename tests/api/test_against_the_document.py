"""The API keeps to its own OpenAPI document, whatever is sent to it."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.urls import set_urlconf
from django.utils import translation
from hypothesis import HealthCheck, given
from hypothesis import settings as bounds
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from callbacks.intake import form_token
from callbacks.models import CallRequest, Scope
from callbacks.widgets import texts
from tests.support.api import API, make_key
from tests.support.factories import make_request, make_widget

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

OPERATIONS = [
    *("GET /widgets", "GET /widgets/{id}", "GET /usage", "POST /requests/search"),
    *("GET /blocks", "POST /blocks", "DELETE /blocks/{id}"),
    *("GET /requests", "GET /requests/{id}", "GET /widgets/{id}/slots"),
    *("GET /widgets/{id}/form", "POST /widgets/{id}/requests"),
    *("POST /requests", "POST /requests/{id}/cancel", "POST /requests/{id}/move"),
]
KEPT = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]

BOUNDED = bounds(
    max_examples=40,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def _the_test_keeps_its_connection() -> Iterator[None]:
    """Do as Django's own test client does: an answer does not close the test's connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
    set_urlconf(None)  # schemathesis does not close the answers, which would do so


def test_every_operation_is_tried() -> None:
    assert {f"{one.method.upper()} {one.path.removeprefix(API)}" for one in operations()} == set(
        OPERATIONS
    )


def operations() -> list[Any]:
    schema = schemathesis.openapi.from_wsgi(f"{API}/openapi.json", WSGIHandler())
    found: Any = schema.get_all_operations()
    return [one.ok() for one in found]


@pytest.mark.minutes
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
@pytest.mark.parametrize("name", OPERATIONS)
def test_each_answer_is_in_the_document(
    name: str, mode: schemathesis.GenerationMode, settings: Any
) -> None:
    settings.RATE_PER_KEY = "100000/s"
    site = "https://www.shop.example"
    call_request = make_request(widget=make_widget(allowed_origins=[site]))
    headers = {
        "Authorization": f"Bearer {make_key(*Scope)}",
        "X-Forwarded-Proto": "https",
        "Origin": site,
    }
    method, path = name.split()
    [operation] = [
        one for one in operations() if (one.method.upper(), one.path) == (method, API + path)
    ]
    known = {"id": (call_request.widget if "widgets" in path else call_request).public_id}
    with translation.override("en"):
        shown = texts.of(call_request.widget, "en")
    statuses: set[int] = set()
    # What nobody can guess. Half of the bodies hold it where they hold anything.
    body = {
        "widget": call_request.widget.public_id,
        "number": "06 12 34 56 78",
        "form_token": form_token.new(call_request.widget, shown.full_consent),
    }

    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=mode))
    def try_out(case: Any) -> None:
        if len(statuses) == 0 or sum(map(ord, str(case.query))) % 2:
            case.path_parameters = known if case.path_parameters else case.path_parameters
        if isinstance(case.body, dict) and len(statuses) % 2:
            case.body |= {field: body[field] for field in case.body.keys() & body.keys()}
        response = case.call_and_validate(headers=headers, checks=KEPT)
        statuses.add(response.status_code)

    try_out()
    assert statuses
    assert CallRequest.objects.count() == 1 + (201 in statuses)
