"""The addresses of the API. The middleware names this module; nothing else imports it."""

from typing import Any, NoReturn

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from callbacks.api import (
    blocks,
    browser,
    docs_page,
    idempotency,
    problems,
    requests,
    usage,
    widgets,
)
from callbacks.api.authentication import BearerKey
from callbacks.api.documents import with_media_types
from callbacks.api.strict_json import StrictJson

# A problem names this many wrong values at most.
MOST_ERRORS = 20


class Api(NinjaAPI):
    """django-ninja, with problem documents in the OpenAPI document."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Return the OpenAPI document."""
        schema = super().get_openapi_schema(**options)
        with_media_types(schema)
        for operations in schema["paths"].values():
            for details in operations.values():
                needed = self._who_may()[details["operationId"]]
                details["description"] = f"{details.get('description', '')}\n\n{needed}".strip()
        return schema

    def _who_may(self) -> dict[str, str]:
        """Return who may use each operation, by its ID: the scopes stand in no other field."""
        return {
            self.get_openapi_operation_id(operation): who_may(operation.auth_callbacks[0])
            for _prefix, router in self._routers
            for view in router.path_operations.values()
            for operation in view.operations
            if operation.include_in_schema
        }


def who_may(auth: object) -> str:
    """Return who may use an operation with this authentication, in words."""
    assert isinstance(auth, BearerKey | browser.AllowedOrigin)  # noqa: S101
    return auth.who_may


api = Api(
    title="Callback",
    version="1",
    description="Requests to be called back. See docs/api.md.",
    urls_namespace="api",
    parser=StrictJson(),
    docs_url=None,
    openapi_url=None,
)
api.add_router("/requests", requests.router)
api.add_router("/widgets", widgets.router)
api.add_router("/widgets", browser.router)
api.add_router("/blocks", blocks.router)
api.add_router("/usage", usage.router)


@api.get("/openapi.json", include_in_schema=False)
def document(request: HttpRequest) -> dict[str, Any]:
    """Return the OpenAPI document of this API."""
    return api.get_openapi_schema()


@api.get("/docs", include_in_schema=False)
def docs(request: HttpRequest) -> HttpResponse:
    """Show the OpenAPI document as a page."""
    return docs_page.page(request, api.get_openapi_schema())


@api.exception_handler(problems.Problem)
def _problem(request: HttpRequest, problem: problems.Problem) -> HttpResponse:
    return problem.response()


@api.exception_handler(AuthenticationError)
def _not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    problem = problems.Problem(
        problems.KEY_NEEDED,
        "Send the header Authorization: Bearer, with a key that was not revoked.",
        headers={"WWW-Authenticate": "Bearer"},
    )
    return problem.response()


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    if any(one["loc"][-1] == idempotency.HEADER for one in error.errors):
        sentence = "Send the header Idempotency-Key: 1 to 255 visible ASCII characters."
        return problems.Problem(problems.IDEMPOTENCY_KEY_NEEDED, sentence).response()
    # What pydantic says may repeat a value. `msg` does so only for the choices that we allow.
    fields = [problems.Field(_place(one["loc"]), one["msg"]) for one in error.errors[:MOST_ERRORS]]
    return problems.Problem(problems.INVALID, errors=fields).response()


def _place(where: tuple[str | int, ...]) -> str:
    """Return where a value stands, such as `body.when`. ninja also names our own parameter."""
    source, *rest = where
    inside = rest[1:] if source == "body" else rest
    return ".".join([str(source), *(str(part) for part in inside if problems.may_be_named(part))])


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problems.of_status(error.status_code).response()


@api.exception_handler(Exception)
def _broken(request: HttpRequest, error: Exception) -> NoReturn:
    """Let Django answer, as for every other page."""
    raise error


@csrf_exempt
def _nothing(request: HttpRequest, rest: str = "") -> NoReturn:
    raise Http404


urlpatterns = [
    # Before ninja's own page at this address, which has no use.
    path("api/v1/", _nothing),
    path("api/v1/", api.urls),
    path("api/<path:rest>", _nothing),
    path("api/", _nothing),
]
