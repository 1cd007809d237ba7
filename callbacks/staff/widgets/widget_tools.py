"""The tools for a widget beside its form: pause it, duplicate it, see its secret.

Each is a page that says what will happen, and does it when its form is sent.
"""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from callbacks.accounts import audit_log
from callbacks.accounts.roles import may_change_widgets
from callbacks.core import clock
from callbacks.core.one_line import single_line
from callbacks.models import Widget, WidgetText
from callbacks.models.widget import new_identity_secret, new_public_id
from callbacks.scheduling import open_periods, pauses
from callbacks.scheduling.pauses import PauseEnd
from callbacks.staff.common.current_user import current_user
from callbacks.staff.common.formatting import moment
from callbacks.staff.widgets.tool_page import ask_or_do, tool_page, widget_address

# Fields that are not copied. What says how far the hours were worked out is the widget's own: the
# copy's hours are worked out anew.
OWN = {
    *("id", "public_id", "identity_secret", "created_at", "name"),
    *("open_periods_until", "hours_changed_at", "has_old_times"),
}


class DuplicateForm(forms.Form):
    """The name of the copy."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        validators=[single_line],
        widget=UnfoldAdminTextInputWidget,
    )


class PauseForm(forms.Form):
    """When the pause ends, and the message for visitors in each language; if empty, ours."""

    end = forms.ChoiceField(
        label=gettext_lazy("How long"), required=False, widget=UnfoldAdminRadioSelectWidget
    )

    def __init__(self, *args: Any, widget: Widget, opening: datetime | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [end for end in PauseEnd if opening is not None or end != PauseEnd.OPENING]
        self.fields["end"].choices = [(end.value, end.label) for end in offered]  # type: ignore[attr-defined]
        known = dict(widget.texts.values_list("language", "pause_message"))
        for code, name in settings.LANGUAGES:
            self.fields[code] = forms.CharField(
                label=_("Message for visitors (%(language)s)") % {"language": name},
                help_text=_("Leave empty to use the default message."),
                max_length=500,
                required=False,
                initial=known.get(code, ""),
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 2, "lang": code}),
            )


class ReplaceForm(forms.Form):
    """The confirmation of a new secret."""

    confirmed = forms.BooleanField(
        label=gettext_lazy("Yes, replace it. I have told the sites that use the old one"),
        widget=UnfoldBooleanWidget,
    )


@ask_or_do
def duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """Create a widget with the same settings and texts. Its public id and its secret are new."""
    person = current_user(request)
    if not person.has_perm("callbacks.add_widget") or not may_change_widgets(person):
        raise PermissionDenied
    widget = get_object_or_404(Widget, pk=pk)
    proposed = _("%(name)s (copy)") % {"name": widget.name[:90]}
    form = DuplicateForm(request.POST or None, initial={"name": proposed})
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            copy = _copy(widget, form.cleaned_data["name"])
            audit_log.record(person, "widget.add", copy, copy_of=widget.name)
        messages.success(request, _("This is the new widget. It has its own public ID."))
        return HttpResponseRedirect(widget_address(copy))
    return tool_page(
        request,
        widget,
        title=_("Duplicate"),
        text=_(
            "This creates a widget with the same settings and texts, but its own public ID and "
            "identity secret, and without requests."
        ),
        button=_("Duplicate"),
        form=form,
    )


def _copy(widget: Widget, name: str) -> Widget:
    """Return a copy of the widget, its texts and its topics."""
    fields = [field.attname for field in Widget._meta.concrete_fields if field.name not in OWN]
    copy = Widget.objects.create(
        name=name,
        public_id=new_public_id(),
        identity_secret=new_identity_secret(),
        **{attname: getattr(widget, attname) for attname in fields},
    )
    for text in widget.texts.all():
        text.pk, text.widget = None, copy
        text.save(force_insert=True)
    for topic in widget.topics.all():
        topic.pk, topic.widget = None, copy
        topic.target_id = copy.pk if topic.target_id == widget.pk else topic.target_id
        topic.save(force_insert=True)
    open_periods.replace(copy, clock.now())
    return copy


@ask_or_do
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Pause the widget, with a message for visitors, or end its pause."""
    person = current_user(request)
    if not may_change_widgets(person):
        raise PermissionDenied
    widget = get_object_or_404(Widget, pk=pk)
    now = clock.now()
    if widget.is_paused_at(now):
        return _resume(request, widget, person)
    opening = pauses.next_opening(widget, now)
    sent = request.POST if request.method == "POST" else None
    form = PauseForm(sent, widget=widget, opening=opening)
    if request.method == "POST" and form.is_valid():
        zone = widget.own_zone
        until = pauses.end_of(form.cleaned_data["end"], zone, now, opening)
        with transaction.atomic():
            for code, _name in settings.LANGUAGES:
                _keep_message(widget, code, form.cleaned_data[code])
            if pauses.begin(widget, until, now):
                iso = until.isoformat() if until else None
                audit_log.record(person, "widget.pause", widget, until=iso)
        messages.success(request, _("The widget is paused. Waiting requests are still called."))
        return HttpResponseRedirect(widget_address(widget))
    return tool_page(
        request,
        widget,
        title=_("Pause"),
        text=_(
            "Visitors see the message instead of the form, and cannot ask for a call. Waiting "
            "requests are still called."
        ),
        button=_("Pause the widget"),
        form=form,
    )


def _keep_message(widget: Widget, code: str, message: str) -> None:
    """Store the message in one language."""
    changed = WidgetText.objects.filter(widget=widget, language=code).update(pause_message=message)
    if message and not changed:
        WidgetText.objects.create(widget=widget, language=code, pause_message=message)


def _resume(request: HttpRequest, widget: Widget, person: User) -> HttpResponse:
    """End the pause of the widget."""
    if request.method == "POST":
        with transaction.atomic():
            if pauses.finish(widget):
                audit_log.record(person, "widget.resume", widget)
        messages.success(request, _("The widget accepts requests again."))
        return HttpResponseRedirect(widget_address(widget))
    return tool_page(
        request,
        widget,
        title=_("End the pause"),
        text=" ".join(
            [
                _("Visitors see the form again, and can ask for a call."),
                *(
                    [_("Otherwise, the pause ends on %(time)s.") % {"time": moment(until)}]
                    if (until := widget.paused_until)
                    else []
                ),
            ]
        ),
        button=_("End the pause"),
    )


@ask_or_do
def secret(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the identity secret once (`action=show`), or replace it (`action=replace`)."""
    person = current_user(request)
    if not may_change_widgets(person):
        raise PermissionDenied
    widget = get_object_or_404(Widget, pk=pk)
    action = request.POST.get("action")
    form = ReplaceForm(request.POST if action == "replace" else None)
    shown = ""
    if request.method == "POST" and action == "show":
        audit_log.record(person, "widget.secret_shown", widget)
        shown = widget.identity_secret
    elif request.method == "POST" and action == "replace" and form.is_valid():
        with transaction.atomic():
            widget.identity_secret = shown = new_identity_secret()
            widget.save(update_fields=["identity_secret"])
            audit_log.record(person, "widget.secret_changed", widget)
        messages.success(request, _("This is the new secret. The old one no longer works."))
    return tool_page(
        request,
        widget,
        template="staff/secret.html",
        title=_("Identity secret"),
        form=form,
        shown=shown,
    )
