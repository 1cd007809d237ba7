"""The page that stops all calls, and resumes them."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from callbacks.accounts import audit_log
from callbacks.accounts.roles import may_see_calling, may_switch
from callbacks.core import clock
from callbacks.core.one_line import single_line
from callbacks.dispatch import call_switch, circuit_breaker
from callbacks.models import AuditEntry, CallRequest, CircuitState, Status
from callbacks.notifications import alerts
from callbacks.scheduling import pauses
from callbacks.scheduling.pauses import PauseEnd
from callbacks.staff.common.current_user import current_user
from callbacks.staff.common.formatting import duration, moment
from callbacks.staff.common.pages import staff_page
from callbacks.staff.common.waiting import longest_since

# The number of past stops and resumptions that the page shows.
REMEMBERED = 10

STOP, RESUME = "calls.stop", "calls.resume"


class StopForm(forms.Form):
    """Stop all calls."""

    note = forms.CharField(
        label=gettext_lazy("Note"),
        help_text=gettext_lazy("Optional. Your colleagues see it on every page."),
        max_length=200,
        required=False,
        validators=[single_line],
        widget=UnfoldAdminTextInputWidget,
    )
    end = forms.ChoiceField(
        label=gettext_lazy("How long"), required=False, widget=UnfoldAdminRadioSelectWidget
    )
    confirmed = forms.BooleanField(
        label=gettext_lazy("Yes, stop all calls"), widget=UnfoldBooleanWidget
    )

    def __init__(self, *args: Any, opening: datetime | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [end for end in PauseEnd if opening is not None or end != PauseEnd.OPENING]
        self.fields["end"].choices = [(end.value, end.label) for end in offered]  # type: ignore[attr-defined]
        if opening is not None:
            words = {"time": moment(opening)}
            self.fields["end"].help_text = _("Next opening of a widget: %(time)s.") % words


class ResumeForm(forms.Form):
    """Resume calls."""

    confirmed = forms.BooleanField(
        label=gettext_lazy("Yes, resume calls"), widget=UnfoldBooleanWidget
    )


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Show whether calls are running. POST `action=stop` or `action=resume` changes it."""
    if not may_see_calling(request.user):
        raise PermissionDenied
    action = request.POST.get("action", "")
    opening = pauses.first_opening(clock.now())
    stop = StopForm(request.POST if action == "stop" else None, opening=opening)
    resume = ResumeForm(request.POST if action == "resume" else None)
    if request.method == "POST":
        if not may_switch(request.user):
            raise PermissionDenied
        if (action == "stop" and stop.is_valid()) or (action == "resume" and resume.is_valid()):
            chosen = stop.cleaned_data if action == "stop" else {}
            _switch(request, action, opening, **chosen)
            return HttpResponseRedirect(request.path)
    return staff_page(
        request,
        "staff/calling.html",
        title=_("Calling"),
        may_switch=may_switch(request.user),
        stop_form=stop,
        resume_form=resume,
        **_state(),
    )


def _switch(
    request: HttpRequest,
    action: str,
    opening: datetime | None,
    note: str = "",
    end: str = "",
    **_confirmed: object,
) -> None:
    """Stop or resume calls, record it in the audit log, and tell the person.

    `end` says when a stop ends by itself (`pauses.PauseEnd`), on the site's clock; `opening` is
    when the first widget opens.
    """
    person = current_user(request)
    until = pauses.end_of(end, ZoneInfo(settings.TIME_ZONE), clock.now(), opening)
    with transaction.atomic():
        if action == "stop":
            done = call_switch.stop(by=person.get_username(), note=note, until=until)
        else:
            done = call_switch.resume(by=person.get_username())
        if done:
            iso = until.isoformat() if until else None
            what = STOP if action == "stop" else RESUME
            audit_log.record(person, what, detail=note, until=iso)
    if done and action == "stop":
        messages.success(
            request, _("All calls are stopped. New requests are still accepted, and wait.")
        )
    elif done:
        messages.success(request, _("Calls have resumed."))
    elif action == "stop":
        messages.warning(request, _("Calls were already stopped. Nothing was changed."))
    else:
        messages.warning(request, _("Calls were not stopped. Nothing was changed."))


def _state() -> dict[str, Any]:
    """Return what the page shows about calls, and about the queue."""
    row, now = call_switch.current(), clock.now()
    waiting = CallRequest.objects.filter(status=Status.QUEUED)
    oldest = longest_since(now)
    is_quiet = clock.is_ahead(row.quiet_until, now, circuit_breaker.LONGEST_QUIET)
    circuit_is_open = row.circuit != CircuitState.CLOSED
    return {
        "control": row,
        "is_stopped": row.is_stopped_at(now),
        "is_quiet": is_quiet,
        "circuit_is_open": circuit_is_open,
        "flows": not row.is_stopped_at(now) and not circuit_is_open and not is_quiet,
        "what_to_do": alerts.what_to_do(row.opened_reason)
        if circuit_is_open and row.opened_reason
        else "",
        "waiting": waiting.count(),
        "calling": CallRequest.objects.filter(status=Status.CALLING).count(),
        "oldest": duration(now - oldest) if oldest else "",
        "history": AuditEntry.objects.filter(action__in=[STOP, RESUME])[:REMEMBERED],
    }
