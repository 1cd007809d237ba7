"""The columns of an export for the answers to additional fields: one for each field."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from callback_site.transaction_settings import no_statement_timeout
from callbacks.models import CallRequest, Widget
from callbacks.models.extra_fields import read
from callbacks.staff.common.unmasking import Masking
from callbacks.widgets.answers import shown


@dataclass(frozen=True)
class AnswerColumn:
    """The answers to the fields with this key, whichever widget asks them."""

    key: str
    heading: str


def of(requests: QuerySet[CallRequest], other_headings: Sequence[str]) -> list[AnswerColumn]:
    """Return a column for each field of the widgets that have one of these requests. One query.

    Fields that are no longer asked have one too. A heading that is there already gets the key.
    """
    theirs = Exists(requests.order_by().filter(widget=OuterRef("pk")))
    widgets = Widget.objects.exclude(extra_fields=[]).filter(theirs).order_by("pk")
    columns: dict[str, AnswerColumn] = {}
    headings = set(other_headings)
    with no_statement_timeout():
        stored = list(widgets.values_list("extra_fields", flat=True))
    for fields in map(read, stored):
        for one in fields:
            if one.key not in columns:
                heading = f"{one.label} ({one.key})" if one.label in headings else one.label
                columns[one.key] = AnswerColumn(one.key, heading)
                headings.add(heading)
    return list(columns.values())


def cells(
    call_request: CallRequest, columns: Sequence[AnswerColumn], masking: Masking
) -> list[str]:
    """Return the answers of a request in these columns, as the session sees them."""
    if not columns:
        return []
    answers = {one.key: masking.answer(call_request, one) for one in shown(call_request)}
    return [answers.get(column.key, "") for column in columns]
