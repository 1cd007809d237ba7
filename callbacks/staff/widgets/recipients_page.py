"""The page of a widget's recipients of team emails: see them, add one, remove one."""

from datetime import time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from callbacks.accounts.roles import may_change_widgets, may_copy_out, may_see_requests
from callbacks.models import TeamMailRecipient, Widget
from callbacks.staff.common.current_user import current_user
from callbacks.staff.common.formatting import moment
from callbacks.staff.widgets.recipient_form import RecipientForm, label
from callbacks.staff.widgets.tool_page import ask_or_do, tool_page
from callbacks.team_mails import recipients
from callbacks.team_mails.recipients import Notice


@ask_or_do
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who gets emails about a widget's requests; on POST, add a recipient."""
    person = _person_who_may(request)
    widget = get_object_or_404(Widget, pk=pk)
    form = RecipientForm(request.POST or None, may_send_contact=may_copy_out(person))
    if request.method == "POST" and form.is_valid():
        try:
            recipients.add(
                widget,
                form.cleaned_data["email"],
                form.cleaned_data["notices"],
                language=form.cleaned_data["language"],
                with_contact=form.cleaned_data.get("with_contact", False),
                digest_at=form.cleaned_data["digest_at"] or time(8),
                person=person,
            )
        except ValidationError as error:
            form.add_error("email", error)
        else:
            messages.success(request, _("The recipient is added."))
            return HttpResponseRedirect(_address(widget))
    return tool_page(
        request,
        widget,
        template="staff/widget_mails.html",
        title=_("Emails to the team"),
        status=422 if form.errors else 200,
        form=form,
        rows=[_row(recipient) for recipient in widget.mail_recipients.all()],
        mail_is_set=settings.MAIL_IS_SET,
    )


@ask_or_do
def remove(request: HttpRequest, pk: int, recipient_pk: int) -> HttpResponse:
    """Ask whether to remove a recipient; on POST, do it."""
    person = _person_who_may(request)
    recipient = get_object_or_404(
        TeamMailRecipient.objects.select_related("widget"), pk=recipient_pk, widget=pk
    )
    back = _address(recipient.widget)
    if request.method == "POST":
        recipients.remove(recipient, person=person)
        messages.success(request, _("The recipient is removed."))
        return HttpResponseRedirect(back)
    return tool_page(
        request,
        recipient.widget,
        title=_("Remove a recipient"),
        text=_("%(email)s gets no more emails about the requests of this widget.")
        % {"email": recipient.email or recipient},
        button=_("Remove"),
        back_url=back,
    )


def _person_who_may(request: HttpRequest) -> User:
    """Return who asks, or raise `PermissionDenied` if this person may not manage recipients."""
    person = current_user(request)
    if not (may_change_widgets(person) and may_see_requests(person)):
        raise PermissionDenied
    return person


def _row(recipient: TeamMailRecipient) -> dict[str, Any]:
    """Return a recipient as the page shows them."""
    wanted = [label(notice) for notice in Notice if getattr(recipient, f"wants_{notice}")]
    if recipient.wants_digest:
        wanted[-1] += f" ({recipient.digest_at:%H:%M})"
    return {
        "email": recipient.email or str(recipient),
        "notices": ", ".join(wanted),
        "language": recipient.get_language_display(),
        "contact": pgettext("contact", "In full") if recipient.with_contact else _("Partly hidden"),
        "added": moment(recipient.created_at),
        "stopped": recipient.stopped_at and moment(recipient.stopped_at),
        "remove_url": reverse(
            "admin:callbacks_widget_mails_remove", args=[recipient.widget_id, recipient.pk]
        ),
    }


def _address(widget: Widget) -> str:
    return reverse("admin:callbacks_widget_mails", args=[widget.pk])
