"""The list of topics on the page of a widget, and the addresses of their pages."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path

from callbacks.accounts.roles import may_change_widgets
from callbacks.models import Widget
from callbacks.models.topic import MOST
from callbacks.staff.widgets.topics import topic_views
from callbacks.widgets.topics import FEWEST


def urls(wrap: Callable[..., Any], name: str) -> list[URLPattern]:
    """Return the routes. `wrap` lets only signed-in staff in; `name` begins their names."""
    one = "<int:pk>/topics/<slug:key>/"
    return [
        path("<int:pk>/topics/", wrap(topic_views.add), name=f"{name}_topic_add"),
        path(one, wrap(topic_views.change), name=f"{name}_topic"),
        path(f"{one}remove/", wrap(topic_views.remove), name=f"{name}_topic_remove"),
    ]


def of(widget: Widget | None, request: HttpRequest) -> dict[str, Any]:
    """Return what the list shows; `widget` is None while it is not saved yet."""
    topics = [*widget.topics.select_related("target")] if widget else []
    offering = [*widget.topic_of.select_related("widget")] if widget else []
    others = [one for one in offering if one.widget_id != one.target_id]
    return {
        "topics": topics,
        "topic_of": others,
        "is_offered": sum(one.target.is_active for one in topics) >= FEWEST,
        "may_change_topics": widget is not None and may_change_widgets(request.user),
        "may_add_topic": len(topics) < MOST and not others,
    }
