"""The list of requests, and the search in it."""

from typing import Annotated

from django.db.models import QuerySet, prefetch_related_objects
from ninja import Schema
from pydantic import ConfigDict, Field

from callbacks.api import cursor, problems, representation
from callbacks.api.problems import Problem
from callbacks.api.representation import RequestOut
from callbacks.api.values import Moment
from callbacks.contact import phone_numbers
from callbacks.core import crypto
from callbacks.models import ApiKey, CallRequest, Scope, Status
from callbacks.widgets import regions


class Filters(Schema):
    """Which requests to list."""

    widget: Annotated[str, Field(max_length=32, pattern="^[-a-zA-Z0-9_]+$")] | None = None
    topic: Annotated[str, Field(max_length=40, pattern="^[-a-z0-9_]+$")] | None = None
    status: Status | None = None
    created_from: Moment | None = None
    created_before: Moment | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: Annotated[str, Field(max_length=500)] | None = None


class Search(Filters):
    """Which requests to find. All that is given must match. A number may be written in any way."""

    model_config = ConfigDict(extra="forbid", strict=True)

    status: Annotated[Status, Field(strict=False)] | None = None
    id: Annotated[str, Field(max_length=32, pattern="^[-a-zA-Z0-9_]+$")] | None = None
    number: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    email: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    identifier: Annotated[str, Field(min_length=1, max_length=254)] | None = None


class Page(Schema):
    """Some requests, from the newest to the oldest. `next_cursor` is null on the last page."""

    requests: list[RequestOut]
    next_cursor: str | None


def page(key: ApiKey, rows: QuerySet[CallRequest], filters: Filters, place: str) -> Page:
    """Return a page of those of these requests that the filters let through.

    `place` is where the filters came from: `query` or `body`.

    Raises:
        Problem: the cursor is not one of ours.
    """
    rows = rows.order_by("-created_at", "-pk")
    if filters.widget is not None:
        rows = rows.filter(widget__public_id=filters.widget)
    if filters.topic is not None:
        rows = rows.filter(topic=filters.topic)
    if filters.status is not None:
        rows = rows.filter(status=filters.status)
    if filters.created_from is not None:
        rows = rows.filter(created_at__gte=filters.created_from)
    if filters.created_before is not None:
        rows = rows.filter(created_at__lt=filters.created_before)
    if filters.cursor is not None:
        rows = cursor.cut(rows, filters.cursor, place)
    found = _newest(key, rows, filters.limit + 1)
    prefetch_related_objects(found, "attempts", "outcomes")
    shown = found[: filters.limit]
    return Page(
        requests=[representation.of(one, key) for one in shown],
        next_cursor=cursor.after(shown[-1]) if len(found) > len(shown) else None,
    )


def _newest(key: ApiKey, rows: QuerySet[CallRequest], most: int) -> list[CallRequest]:
    """Return the first `most` of these requests, which the key may see, in their order.

    Those of the key's widget and those about its topics are read one after the other, each by its
    index: for a widget with few requests, one query would read all requests of the site.
    """
    if key.widget_id is None:
        return list(rows[:most])
    own = rows.filter(widget_id=key.widget_id)
    about_topics = rows.filter(offered_by_id=key.widget_id).exclude(widget_id=key.widget_id)
    both = [*own[:most], *about_topics[:most]]
    return sorted(both, key=lambda one: (one.created_at, one.pk), reverse=True)[:most]


def found(key: ApiKey, rows: QuerySet[CallRequest], wanted: Search) -> QuerySet[CallRequest]:
    """Return the requests with this ID, number, email and identifier, as far as they are given.

    Raises:
        Problem: the key may not see numbers and emails, and so not search by them.
    """
    if wanted.id is not None:
        rows = rows.filter(public_id=wanted.id)
    if not (wanted.number or wanted.email or wanted.identifier):
        return rows
    if not key.has_scope(Scope.NUMBERS):
        raise Problem(problems.SCOPE_MISSING, f"This needs the scope {Scope.NUMBERS.value}.")
    if wanted.number:
        meant = phone_numbers.search_forms(wanted.number, regions.to_search())
        rows = rows.filter(number_hash__in=list(map(crypto.number_hash, meant)))
    for email in (wanted.email, wanted.identifier):
        if email:
            rows = rows.filter(email_hash=crypto.email_hash(email))
    return rows
