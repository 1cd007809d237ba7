"""Render the page of a tool of a widget: what it will do, and the button that does it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from callbacks.models import Widget
from callbacks.staff.common.pages import staff_page

# Show what a tool will do, or do it.
ask_or_do = require_http_methods(["GET", "HEAD", "POST"])


def tool_page(
    request: HttpRequest,
    widget: Widget,
    *,
    title: str,
    tab: str = "",
    back_url: str = "",
    template: str = "staff/widget_tool.html",
    **context: Any,
) -> HttpResponse:
    """Return the page of a tool.

    It leads back to `back_url`, or else to the widget's page, to the tab of this name.
    """
    return staff_page(
        request,
        template,
        title=title,
        opts=Widget._meta,
        widget=widget,
        back_url=back_url or widget_address(widget, tab),
        **context,
    )


def widget_address(widget: Widget, tab: str = "") -> str:
    """Return the address of the widget's page, with the tab of this name open."""
    address = reverse("admin:callbacks_widget_change", args=[widget.pk])
    return f"{address}#{tab}" if tab else address
