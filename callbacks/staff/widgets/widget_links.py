"""The addresses that the page of a widget links to."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from callbacks.accounts.roles import may_change_widgets, may_see_requests
from callbacks.models import Widget
from callbacks.scheduling import pauses


def tools(widget: Widget, request: HttpRequest) -> list[tuple[str, str]]:
    """Return the other tools for the widget: the label and the address of each."""
    if not may_change_widgets(request.user):
        return []
    found = [(_("End the pause") if pauses.lasts(widget) else _("Pause"), "pause")]
    if request.user.has_perm("callbacks.add_widget"):
        found.append((_("Duplicate"), "duplicate"))
    found.append((_("Identity secret"), "secret"))
    if may_see_requests(request.user):
        found.append((_("Emails to the team"), "mails"))
    return [
        (name, reverse(f"admin:callbacks_widget_{tool}", args=[widget.pk])) for name, tool in found
    ]


def allow_url(widget: Widget, request: HttpRequest) -> str:
    """Return the address that allows a site, or an empty string if the account may not."""
    if not may_change_widgets(request.user):
        return ""
    return reverse("admin:callbacks_widget_allow", args=[widget.pk])


def page_address(widget: Widget) -> str:
    """Return the public address of the form, or an empty string if it has none yet."""
    try:
        return settings.PUBLIC_URL + widget.get_absolute_url()
    except NoReverseMatch:
        return ""
