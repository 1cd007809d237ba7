"""Widgets: when visitors can be called."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema

from callbacks.api import problems
from callbacks.api.authentication import BearerKey, key_of
from callbacks.api.documents import problems_of
from callbacks.models import Widget
from callbacks.scheduling import offer, pauses, slots

router = Router(tags=["widgets"])


class FreeSlot(Schema):
    """A time slot that has a free place. `when` is what a form sends to choose it."""

    when: str
    start: datetime
    end: datetime


class SlotsOut(Schema):
    """What a visitor can choose now: a call now, at the next opening, or in a time slot."""

    widget: str
    takes_requests: bool
    is_open: bool
    opens_at: datetime | None
    takes_opening: bool
    slots: list[FreeSlot]


@router.get(
    "/{slug:id}/slots",
    auth=BearerKey(),
    response={200: SlotsOut, **problems_of(401, 404, 429)},
    summary="List free time slots",
)
def free_slots(request: HttpRequest, id: str) -> SlotsOut:
    """Return what the form of this widget offers now. A paused widget offers nothing."""
    key = key_of(request)
    widget = Widget.objects.filter(public_id=id, is_active=True).first()
    if widget is None or key.widget_id not in (None, widget.pk):
        raise problems.Problem(problems.NOT_FOUND, "No widget has this ID.")
    return offered_by(widget, offer.of(widget, all_days=True))


def offered_by(widget: Widget, offered: offer.Offer) -> SlotsOut:
    """Return what can be chosen, as the API tells it. A paused widget offers nothing."""
    takes = not pauses.lasts(widget)
    return SlotsOut(
        widget=widget.public_id,
        takes_requests=takes and offered.takes_requests,
        is_open=offered.is_open,
        opens_at=offered.opens_at,
        takes_opening=takes and offered.takes_opening,
        slots=[
            FreeSlot(when=slots.spelled(slot.start), start=slot.start, end=slot.end)
            for slot in (offered.slots if takes else ())
        ],
    )
