"""Widgets: their settings, and when visitors can be called."""

from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from ninja import Router, Schema

from callbacks.api import fields, problems
from callbacks.api.authentication import BearerKey, key_of
from callbacks.api.documents import problems_of
from callbacks.api.fields import FieldOut
from callbacks.core import clock
from callbacks.models import ApiKey, Topic, WhenClosed, Widget
from callbacks.scheduling import offer, pauses, slots
from callbacks.widgets import topics

router = Router(tags=["widgets"])


class TopicOut(Schema):
    """A topic that visitors can choose. `widget` is the ID of the widget that takes it."""

    key: str
    labels: dict[str, str]
    widget: str


class WidgetOut(Schema):
    """A widget. `opening_hours` is their text, and empty if the widget is always open.

    `time_zone` (IANA) is whose clocks they are meant by.
    """

    id: str
    name: str
    form_url: str
    is_active: bool
    is_paused: bool
    paused_until: datetime | None
    language: str | None
    allowed_regions: list[str]
    email_required: bool
    opening_hours: str
    time_zone: str
    public_holidays: str
    sales_hours: bool
    when_closed: WhenClosed
    slot_minutes: int | None
    fields: list[FieldOut]
    topics: list[TopicOut]


class WidgetsOut(Schema):
    """All widgets that the key may see, by name."""

    widgets: list[WidgetOut]


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
    "",
    auth=BearerKey(),
    response={200: WidgetsOut, **problems_of(401, 429)},
    summary="List widgets",
)
def list_widgets(request: HttpRequest) -> WidgetsOut:
    """List the widgets that the key may see."""
    now, rows = clock.now(), visible(key_of(request)).prefetch_related("topics__target")
    return WidgetsOut(widgets=[_shown(widget, now) for widget in rows])


@router.get(
    "/{slug:id}",
    auth=BearerKey(),
    response={200: WidgetOut, **problems_of(401, 404, 429)},
    summary="Read a widget",
)
def one(request: HttpRequest, id: str) -> WidgetOut:
    """Return the settings of a widget that matter to other systems, with its opening hours."""
    widget = visible(key_of(request)).filter(public_id=id).first()
    if widget is None:
        raise problems.Problem(problems.NOT_FOUND, "No widget has this ID.")
    return _shown(widget, clock.now())


@router.get(
    "/{slug:id}/slots",
    auth=BearerKey(),
    response={200: SlotsOut, **problems_of(401, 404, 429)},
    summary="List free time slots",
)
def free_slots(request: HttpRequest, id: str) -> SlotsOut:
    """Return what the form of this widget offers now. A paused widget offers nothing."""
    widget = visible(key_of(request)).filter(public_id=id, is_active=True).first()
    if widget is None:
        raise problems.Problem(problems.NOT_FOUND, "No widget has this ID.")
    return offered_by(widget, offer.of(widget, all_days=True))


def offered_by(widget: Widget, offered: offer.Offer, host: Widget | None = None) -> SlotsOut:
    """Return what can be chosen, as the API tells it. A paused widget offers nothing.

    `host` is the widget that offers this one as a topic, if it is shown as one.
    """
    takes = not any(map(pauses.lasts, (widget, host or widget)))
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


def visible(key: ApiKey) -> QuerySet[Widget]:
    """Return the widgets that the key may see, by name: its own, and those of its topics."""
    rows = Widget.objects.order_by("name", "pk")
    if key.widget_id is None:
        return rows
    about_topics = Topic.objects.filter(widget=key.widget_id).values("target")
    return rows.filter(Q(pk=key.widget_id) | Q(pk__in=about_topics))


def _shown(widget: Widget, now: datetime) -> WidgetOut:
    path = reverse("public:form", settings.ROOT_URLCONF, args=[widget.public_id])
    return WidgetOut(
        id=widget.public_id,
        name=widget.name,
        form_url=settings.PUBLIC_URL + path,
        is_active=widget.is_active,
        is_paused=widget.is_paused_at(now),
        paused_until=widget.paused_until if widget.is_paused_at(now) else None,
        language=widget.language or None,
        allowed_regions=widget.allowed_regions,
        email_required=widget.email_required,
        opening_hours=widget.opening_hours,
        time_zone=widget.time_zone,
        public_holidays=widget.holidays,
        sales_hours=widget.sales_hours,
        when_closed=WhenClosed(widget.when_closed),
        slot_minutes=widget.slot_minutes if widget.offers_slots else None,
        fields=fields.of(widget),
        topics=[
            TopicOut(key=one.key, labels=dict(one.labels), widget=one.target)
            for one in topics.offered(widget)
        ],
    )
