"""How much of the limits is used."""

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Schema

from callbacks.abuse import limit_usage
from callbacks.api import widgets
from callbacks.api.authentication import BearerKey, key_of
from callbacks.api.documents import problems_of
from callbacks.core import clock
from callbacks.models import Scope

router = Router(tags=["limits"])


class Used(Schema):
    """How many requests counted, and how many may. Retries by staff count, and may exceed it."""

    used: int
    most: int


class WidgetUsage(Schema):
    """The limits of a widget, in the last hour and in the last 24 hours."""

    id: str
    hour: Used
    day: Used
    retries: int


class UsageOut(Schema):
    """The limits of the widgets that the key may see, and of all widgets together.

    `all_widgets` is null for a key of one widget.
    """

    widgets: list[WidgetUsage]
    all_widgets: Used | None


@router.get(
    "",
    auth=BearerKey(Scope.READ),
    response={200: UsageOut, **problems_of(401, 403, 429)},
    summary="Read how much of the limits is used",
)
def usage(request: HttpRequest) -> UsageOut:
    """Return how much of the limits is used now. The headers tell the limit of the key itself."""
    key, now = key_of(request), clock.now()
    mine = list(widgets.visible(key))
    used = limit_usage.usages(mine, now)
    return UsageOut(
        widgets=[
            WidgetUsage(
                id=widget.public_id,
                hour=Used(used=used[widget.pk].hour, most=widget.hourly_cap),
                day=Used(used=used[widget.pk].day, most=widget.daily_cap),
                retries=used[widget.pk].retries,
            )
            for widget in mine
        ],
        all_widgets=Used(used=limit_usage.account_usage(now), most=settings.ACCOUNT_DAILY_CAP)
        if key.widget_id is None
        else None,
    )
