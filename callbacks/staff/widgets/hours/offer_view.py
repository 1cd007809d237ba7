"""A page that says what a visitor would be offered on a date and time, and why."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from callbacks.accounts.roles import may_see_widgets
from callbacks.core import clock
from callbacks.hours import sales_hours
from callbacks.models import Widget
from callbacks.scheduling import open_periods
from callbacks.staff.common.pages import staff_page
from callbacks.staff.widgets.hours import offer

# What browsers send, and what people type where they do not know this kind of field.
_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M"]


class OfferForm(forms.Form):
    """The time at which a visitor comes, and where the person called lives."""

    at = forms.DateTimeField(
        label=gettext_lazy("Date and time"),
        input_formats=_FORMATS,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
    )
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone of the person called"),
        choices=[(zone, zone) for zone in sales_hours.ZONES],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, widget: Widget, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now, self._until = now, widget.open_periods_until or now + timedelta(days=90)
        if not widget.sales_hours:
            del self.fields["zone"]

    def clean_at(self) -> datetime:
        """Return the time, in the widget's time zone."""
        moment: datetime = self.cleaned_data["at"]
        # A minute is over before its end is typed.
        if not self._now - timedelta(minutes=5) <= moment < self._until:
            raise ValidationError(
                _("Choose a time between now and %(end)s."),
                params={"end": formats.date_format(timezone.localtime(self._until))},
            )
        return moment


@require_safe
def view(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a date and time (`at`), in the widget's time zone, and answer below."""
    if not may_see_widgets(request.user):
        raise PermissionDenied
    widget = get_object_or_404(Widget, pk=pk)
    now = clock.now()
    with timezone.override(widget.own_zone):
        usual_zone = open_periods.zone_of(widget, "")
        initial = {"at": timezone.localtime(now).strftime(_FORMATS[0]), "zone": usual_zone}
        form = OfferForm(
            request.GET if "at" in request.GET else None, initial=initial, widget=widget, now=now
        )
        answer = None
        if form.is_valid():
            zone = form.cleaned_data.get("zone") or usual_zone
            answer = offer.at(widget, zone, form.cleaned_data["at"])
        return staff_page(
            request,
            "staff/widget_offer.html",
            title=_("What visitors are offered"),
            opts=Widget._meta,
            widget=widget,
            back_url=reverse("admin:callbacks_widget_change", args=[pk]) + "#hours",
            form=form,
            offer=answer,
        ).render()
