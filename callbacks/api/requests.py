"""Requests: one, a list, a search, creating, moving and cancelling."""

from typing import Annotated

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from ninja import Query, Router, Schema
from ninja.responses import Status as Answer
from pydantic import ConfigDict, Field

from callbacks.api import creating, idempotency, listing, problems, refusals, representation
from callbacks.api.authentication import BearerKey, key_of
from callbacks.api.creating import CreatedOut, RequestIn
from callbacks.api.documents import problems_of
from callbacks.api.listing import Filters, Page, Search
from callbacks.api.representation import RequestOut
from callbacks.core import clock
from callbacks.intake import errors, rescheduling
from callbacks.intake import idempotency as done_once
from callbacks.intake.idempotency import Once
from callbacks.lifecycle import actions
from callbacks.models import ApiKey, CallRequest, Reason, Scope, Status
from callbacks.models.call_request import of_widget
from callbacks.public.http import language
from callbacks.scheduling import slots

router = Router(tags=["requests"])


@router.get(
    "",
    auth=BearerKey(Scope.READ),
    response={200: Page, **problems_of(401, 403, 422, 429)},
    summary="List requests",
)
def list_requests(request: HttpRequest, filters: Query[Filters]) -> Page:
    """List the requests that the key may see, from the newest to the oldest."""
    key = key_of(request)
    return listing.page(key, _visible(key), filters, "query")


@router.post(
    "/search",
    auth=BearerKey(Scope.READ),
    response={200: Page, **problems_of(400, 401, 403, 413, 415, 422, 429)},
    summary="Search requests",
)
def search(
    request: HttpRequest, body: Search, idempotency_key: idempotency.Optional = None
) -> Page:
    """List the requests with this ID, number, email or identifier.

    They stand in the body, because addresses are written to logs. To search by number, email or
    identifier needs the scope `numbers:read`.
    """
    key = key_of(request)
    return listing.page(key, listing.found(key, _visible(key), body), body, "body")


@router.post(
    "",
    auth=BearerKey(Scope.WRITE),
    response={201: CreatedOut, **problems_of(400, 401, 403, 409, 413, 415, 422, 429)},
    summary="Create a request",
)
def create(
    request: HttpRequest,
    response: HttpResponse,
    idempotency_key: idempotency.Needed,
    body: RequestIn,
) -> Answer[CreatedOut]:
    """Create a request to be called back.

    To send it again with the same Idempotency-Key creates no other one.
    """
    call = idempotency.of(request, idempotency_key, body)
    created, is_new = creating.create(key_of(request), body, call)
    if not is_new:
        response.headers[idempotency.REPLAYED] = "true"
    return Answer(201, created)


@router.get(
    "/{slug:id}",
    auth=BearerKey(Scope.READ),
    response={200: RequestOut, **problems_of(401, 403, 404, 429)},
    summary="Read a request",
)
def one(request: HttpRequest, id: str) -> RequestOut:
    """Return the state of a request, and its attempts."""
    key = key_of(request)
    return representation.of(_find(key, id), key)


@router.post(
    "/{slug:id}/cancel",
    auth=BearerKey(Scope.WRITE),
    response={200: RequestOut, **problems_of(400, 401, 403, 404, 409, 413, 415, 429)},
    summary="Cancel a request",
)
def cancel(
    request: HttpRequest, id: str, idempotency_key: idempotency.Optional = None
) -> RequestOut:
    """Cancel a waiting request. To cancel it again is no error, with or without a key."""
    key = key_of(request)
    call_request = _find(key, id)
    done = actions.cancel_by_key(call_request, key)
    if not done:  # it changed meanwhile, and may wait again
        call_request = _find(key, id)
        done = actions.cancel_by_key(call_request, key)
    if not done and (call_request.status, call_request.reason) != (
        Status.CANCELLED,
        Reason.BY_API,
    ):
        raise problems.Problem(
            problems.TOO_LATE, f"The request is no longer waiting: it is {call_request.status}."
        )
    return representation.of(call_request, key)


class MoveIn(Schema):
    """Where to move a booked call: `opening`, or the start of a free time slot."""

    model_config = ConfigDict(extra="forbid", strict=True)

    when: Annotated[str, Field(min_length=1, max_length=40)]


@router.post(
    "/{slug:id}/move",
    auth=BearerKey(Scope.WRITE),
    response={200: RequestOut, **problems_of(400, 401, 403, 404, 409, 413, 415, 422, 429)},
    summary="Move a booked call",
)
def move(
    request: HttpRequest,
    id: str,
    body: MoveIn,
    idempotency_key: idempotency.Optional = None,
) -> RequestOut:
    """Move a booked call to another time, as the visitor may.

    To send the same time again is no error, and counts once. With an Idempotency-Key, it changes
    nothing even if the call was moved elsewhere meanwhile.
    """
    key = key_of(request)
    call_request = _find(key, id)
    once = idempotency.of(request, idempotency_key, body) if idempotency_key else None
    with translation.override(language.of_request(call_request)):
        try:
            done = _reschedule(call_request, body.when, key, once)
            if not done:  # it changed meanwhile, and may still wait
                call_request = _find(key, id)
                done = _reschedule(call_request, body.when, key, once)
        except errors.Refused as refused:
            raise refusals.problem(refused) from None
    if not done:
        raise problems.Problem(
            problems.TOO_LATE, "The request does not wait for a time that can be changed."
        )
    return representation.of(call_request, key)


def _reschedule(call_request: CallRequest, when: str, key: ApiKey, once: Once | None) -> bool:
    """Move the request; return False if it cannot be moved as it was read."""
    if once and done_once.done_before(once):
        return True
    if not rescheduling.is_offered(call_request):
        return False
    start = call_request.slot_start
    is_there = start is not None and slots.spelled(start) == when
    if is_there and once:
        done_once.note(once, call_request, clock.now())
    return is_there or rescheduling.reschedule(call_request, when, key=key, once=once)


def _visible(key: ApiKey) -> QuerySet[CallRequest]:
    """Return the requests that the key may see."""
    rows = CallRequest.objects.select_related("widget", "offered_by")
    return rows if key.widget_id is None else rows.filter(of_widget(key.widget_id))


def _find(key: ApiKey, public_id: str) -> CallRequest:
    """Return the request with this ID.

    Raises:
        Problem: there is none that this key may see.
    """
    found = _visible(key).filter(public_id=public_id).first()
    if found is None:
        raise problems.Problem(problems.NOT_FOUND, "No request has this ID.")
    return found
