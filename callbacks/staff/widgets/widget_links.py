"""Addresses that the pages of a widget link to."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from callbacks.accounts.roles import may_change_widgets
from callbacks.models import Widget


def tools(widget: Widget, request: HttpRequest) -> list[tuple[str, str]]:
    """What else may be done, and where."""
    if not may_change_widgets(request.user):
        return []
    found = [(_("End the pause") if widget.is_paused else _("Pause"), "pause")]
    if request.user.has_perm("callbacks.add_widget"):
        found.append((_("Duplicate"), "duplicate"))
    found.append((_("Identity secret"), "secret"))
    return [
        (name, reverse(f"admin:callbacks_widget_{tool}", args=[widget.pk])) for name, tool in found
    ]


def allow_url(widget: Widget, request: HttpRequest) -> str:
    """Where a site is added to the list; empty for who may not."""
    if not may_change_widgets(request.user):
        return ""
    return reverse("admin:callbacks_widget_allow", args=[widget.pk])


def page_address(widget: Widget) -> str:
    """The form's address as the public types it; empty while there is none."""
    try:
        return settings.PUBLIC_URL + widget.get_absolute_url()
    except NoReverseMatch:
        return ""
