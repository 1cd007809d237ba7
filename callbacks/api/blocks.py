"""The block list: numbers, beginnings of numbers, email domains and networks that get no call."""

from datetime import datetime
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.responses import Status as Answer
from pydantic import ConfigDict, Field

from callbacks.abuse import block_list, system_blocks
from callbacks.api import cursor, idempotency, problems
from callbacks.api.authentication import BearerKey, key_of
from callbacks.api.documents import problems_of
from callbacks.api.problems import Problem
from callbacks.api.values import Moment
from callbacks.core import clock, crypto, redaction
from callbacks.models import ApiKey, Block, BlockKind, Scope

router = Router(tags=["block list"])


class BlockOut(Schema):
    """An entry. `value` is masked for a key without `numbers:read`, and null if it was erased.

    `by` is who added it last: `visitor`, `staff` or `api_key`.
    """

    id: str
    kind: BlockKind
    value: str | None
    reason: str
    created_at: datetime
    until: datetime | None
    is_in_force: bool
    by: str


class BlockPage(Schema):
    """Some entries, from the newest to the oldest. `next_cursor` is null on the last page."""

    blocks: list[BlockOut]
    next_cursor: str | None


class BlockFilters(Schema):
    """Which entries to list."""

    kind: BlockKind | None = None
    in_force: bool | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: Annotated[str, Field(max_length=500)] | None = None


class BlockIn(Schema):
    """What is to get no call any more. Without `until`, for ever."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Annotated[BlockKind, Field(strict=False)]
    value: Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f]*$")]
    reason: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f]*$")] = ""
    until: Moment | None = None


@router.get(
    "",
    auth=BearerKey(Scope.BLOCKS),
    response={200: BlockPage, **problems_of(401, 403, 422, 429)},
    summary="List the block list",
)
def listing(request: HttpRequest, filters: Query[BlockFilters]) -> BlockPage:
    """List the entries, from the newest to the oldest."""
    key = _key_of_all_widgets(request)
    rows, now = Block.objects.order_by("-created_at", "-pk"), clock.now()
    if filters.kind is not None:
        rows = rows.filter(kind=filters.kind)
    if filters.in_force is not None:
        known = block_list.in_force(now).values("pk")
        rows = rows.filter(pk__in=known) if filters.in_force else rows.exclude(pk__in=known)
    if filters.cursor is not None:
        rows = cursor.cut(rows, filters.cursor)
    found = list(rows[: filters.limit + 1])
    shown = found[: filters.limit]
    return BlockPage(
        blocks=[_shown(entry, key, now) for entry in shown],
        next_cursor=cursor.after(shown[-1]) if len(found) > len(shown) else None,
    )


@router.post(
    "",
    auth=BearerKey(Scope.BLOCKS_WRITE),
    response={
        200: BlockOut,
        201: BlockOut,
        **problems_of(400, 401, 403, 413, 415, 422, 429),
    },
    summary="Add to the block list",
)
def add(
    request: HttpRequest, body: BlockIn, idempotency_key: idempotency.Optional = None
) -> Answer[BlockOut]:
    """Add an entry (201), or find it there already (200). An entry never ends sooner by this."""
    key = _key_of_all_widgets(request)
    now = clock.now()
    if body.until is not None and body.until <= now:
        raise _invalid("until", "This time is not in the future.")
    try:
        entry, is_new = system_blocks.add(
            key, body.kind, body.value, reason=body.reason, until=body.until
        )
    except ValidationError as error:
        raise _invalid("value", error.messages[0]) from None
    return Answer(201 if is_new else 200, _shown(entry, key, now))


@router.delete(
    "/{slug:id}",
    auth=BearerKey(Scope.BLOCKS_WRITE),
    response={204: None, **problems_of(401, 403, 404, 409, 429)},
    summary="Remove from the block list",
)
def remove(request: HttpRequest, id: str) -> Answer[Any]:
    """Remove an entry. Only staff can remove one that a visitor asked for."""
    key = _key_of_all_widgets(request)
    entry = Block.objects.filter(key__in=[f"{kind}:{id}" for kind in BlockKind]).first()
    try:
        if entry is None or not system_blocks.remove(key, entry):
            raise Problem(problems.NOT_FOUND, "No entry has this ID.")
    except system_blocks.AskedByVisitor:
        sentence = "A visitor asked not to be called again. Only staff can remove this entry."
        raise Problem(problems.REFUSED, sentence, code="by_visitor") from None
    return Answer(204, None)


def _key_of_all_widgets(request: HttpRequest) -> ApiKey:
    """Return the key. The block list holds for all widgets, so a key of one may not use it.

    Raises:
        Problem: the key is for one widget.
    """
    key = key_of(request)
    if key.widget_id is not None:
        raise Problem(problems.SCOPE_MISSING, "The block list needs a key for all widgets.")
    return key


def _shown(entry: Block, key: ApiKey, now: datetime) -> BlockOut:
    in_full = key.has_scope(Scope.NUMBERS)
    number = entry.value if entry.kind == BlockKind.NUMBER else ""
    email = entry.value if entry.kind == BlockKind.MAIL else ""
    value = "" if crypto.is_unreadable(entry.value) else str(entry.value)
    by = "api_key" if entry.api_key_id else "staff" if entry.author_id else "visitor"
    return BlockOut(
        id=entry.key.partition(":")[2],
        kind=BlockKind(entry.kind),
        value=(value if in_full else block_list.masked(entry)) if value else None,
        reason=entry.reason
        if in_full
        else redaction.masked_text(entry.reason, number=number, email=email),
        created_at=entry.created_at,
        until=entry.until,
        is_in_force=entry.until is None or entry.until > now,
        by=by,
    )


def _invalid(name: str, sentence: str) -> Problem:
    return Problem(problems.INVALID, errors=[problems.Field(f"body.{name}", sentence)])
