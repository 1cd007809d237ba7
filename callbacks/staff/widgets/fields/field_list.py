"""The list of additional fields on the page of a widget, and the addresses of their pages."""

import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path

from callbacks.accounts.roles import may_change_widgets
from callbacks.models import Widget
from callbacks.models.extra_fields import MOST
from callbacks.staff.widgets.fields import field_views


def urls(wrap: Callable[..., Any], name: str) -> list[URLPattern]:
    """Return the routes. `wrap` lets only signed-in staff in; `name` begins their names."""
    one = "<int:pk>/fields/<slug:key>/"
    return [
        path("<int:pk>/fields/", wrap(field_views.add), name=f"{name}_field_add"),
        path(one, wrap(field_views.change), name=f"{name}_field"),
        path(f"{one}remove/", wrap(field_views.remove), name=f"{name}_field_remove"),
        path(f"{one}restore/", wrap(field_views.restore), name=f"{name}_field_restore"),
    ]


def of(widget: Widget | None, request: HttpRequest) -> dict[str, Any]:
    """Return what the list shows; `widget` is None while it is not saved yet."""
    fields = widget.all_fields if widget else []
    return {
        "asked_fields": [one for one in fields if not one.is_retired],
        "retired_fields": [one for one in fields if one.is_retired],
        "most_fields": MOST,
        "may_change_fields": widget is not None and may_change_widgets(request.user),
        "previewed_fields": json.dumps([one.stored() for one in fields]),
    }
