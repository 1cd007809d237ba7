"""The pages that add, change and remove an additional field of a widget, or ask it again."""

from collections.abc import Sequence
from dataclasses import replace

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from callbacks.accounts import audit_log
from callbacks.models import Widget
from callbacks.models.extra_fields import MOST, ExtraField, read
from callbacks.staff.common.current_user import current_user
from callbacks.staff.widgets import locked_widget
from callbacks.staff.widgets.fields.field_form import FieldForm
from callbacks.staff.widgets.tool_page import ask_or_do, tool_page, widget_address
from callbacks.widgets.extra_fields import replaced

TAB = "fields"


@ask_or_do
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a field."""
    return _form(request, pk, None)


@ask_or_do
def change(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """Change the labels, choices and place of a field, and whether it must be answered."""
    return _form(request, pk, key)


@ask_or_do
def remove(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """Stop asking a field, after a confirmation. Answers that were given are kept."""
    with transaction.atomic():
        widget = locked_widget.lock(request, pk)
        field = locked_widget.find(widget.asked_fields, key)
        has_requests = widget.requests.exists()
        if request.method == "POST":
            others = [one for one in widget.asked_fields if one.key != key]
            known = widget.all_fields if has_requests else others
            _save(request, widget, replaced(known, others))
            sentence = _("The form no longer asks “%(field)s”.")
            messages.success(request, sentence % {"field": field.label})
            return HttpResponseRedirect(_list(widget))
    text = _("Visitors will no longer be asked “%(field)s”.") % {"field": field.label}
    if has_requests:
        kept = _(
            "Answers that were given stay with their requests, and you can ask this field again."
        )
        text = f"{text} {kept}"
    return tool_page(
        request, widget, tab=TAB, title=_("Remove a field"), text=text, button=_("Remove it")
    )


@ask_or_do
def restore(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """Ask a field again that was removed."""
    with transaction.atomic():
        widget = locked_widget.lock(request, pk)
        field = locked_widget.find([one for one in widget.all_fields if one.is_retired], key)
        if request.method == "POST":
            asked = [*widget.asked_fields, replace(field, is_retired=False)]
            fields = replaced(widget.all_fields, asked)
            try:
                read([one.stored() for one in fields])
            except ValidationError as error:
                messages.error(request, " ".join(error.messages))
            else:
                _save(request, widget, fields)
                sentence = _("The form asks “%(field)s” again.")
                messages.success(request, sentence % {"field": field.label})
            return HttpResponseRedirect(_list(widget))
    text = _("Visitors will be asked “%(field)s” again.") % {"field": field.label}
    return tool_page(
        request, widget, tab=TAB, title=_("Ask a field again"), text=text, button=_("Ask it again")
    )


def _form(request: HttpRequest, pk: int, key: str | None) -> HttpResponse:
    with transaction.atomic():
        widget = locked_widget.lock(request, pk)
        asked = widget.asked_fields
        field = locked_widget.find(asked, key) if key else None
        if field is None and len(asked) >= MOST:
            sentence = _("A widget can have %(most)d additional fields at most.")
            messages.error(request, sentence % {"most": MOST})
            return HttpResponseRedirect(_list(widget))
        form = FieldForm(request.POST or None, known=widget.all_fields, changed=field)
        if request.method == "POST" and form.is_valid():
            _save(request, widget, form.result)
            messages.success(request, _("The form shows the field from now on."))
            return HttpResponseRedirect(_list(widget))
    if field is None:
        title = _("Add a field")
        text = _(
            "The form asks this besides number and email. The answer is kept as long as the "
            "request, and never sent to the call service."
        )
    else:
        title, text = _("Change a field"), f"{field.kind.label} · {field.key}"
    return tool_page(request, widget, tab=TAB, title=title, text=text, button=_("Save"), form=form)


def _save(request: HttpRequest, widget: Widget, fields: Sequence[ExtraField]) -> None:
    """Store the fields, and record the change in the audit log."""
    widget.extra_fields = [one.stored() for one in fields]
    widget.save(update_fields=["extra_fields"])
    audit_log.record(current_user(request), "widget.change", widget, changed=["extra_fields"])


def _list(widget: Widget) -> str:
    """Return the address of the list of fields."""
    return widget_address(widget, TAB)
