"""Where a page of a list ends: a signed text, which stays right when rows are added or deleted."""

from datetime import datetime

from django.core import signing
from django.db.models import Q, QuerySet

from callbacks.api.problems import INVALID, Field, Problem
from callbacks.models import Block, CallRequest


def after(last: CallRequest | Block) -> str:
    """Return the cursor of the page that follows this row."""
    return signing.dumps([last.created_at.isoformat(), last.pk], salt=_salt(type(last)))


def _salt(model: type[CallRequest | Block]) -> str:
    """Return the salt of the cursors of one list, which are worth nothing in another one."""
    return f"callbacks.api.cursor.{model._meta.model_name}"


def cut[Row: (CallRequest, Block)](
    rows: QuerySet[Row], cursor: str, place: str = "query"
) -> QuerySet[Row]:
    """Return the rows that follow the cursor, in the order from the newest to the oldest.

    `place` is where the cursor stood: `query` or `body`.

    Raises:
        Problem: the cursor is not one of ours.
    """
    try:
        text, pk = signing.loads(cursor, salt=_salt(rows.model))
    except signing.BadSignature:
        sentence = "Use a value of next_cursor as it was given."
        raise Problem(INVALID, errors=[Field(f"{place}.cursor", sentence)]) from None
    created_at = datetime.fromisoformat(text)
    # The first condition bounds the index, the second one leaves out what was shown already.
    return rows.filter(Q(created_at__lt=created_at) | Q(pk__lt=pk), created_at__lte=created_at)
