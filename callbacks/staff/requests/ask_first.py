"""The page between the button of an action and the action: it asks for confirmation."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from callbacks.accounts.roles import may_act
from callbacks.core import clock
from callbacks.lifecycle import actions as lifecycle_actions
from callbacks.lifecycle import overbooking
from callbacks.models import CallRequest
from callbacks.scheduling.due import is_open
from callbacks.staff.common.current_user import current_user
from callbacks.staff.common.formatting import status_badge
from callbacks.staff.common.pages import staff_page
from callbacks.staff.common.unmasking import MASKED
from callbacks.staff.requests import progress, report, slot_choices
from callbacks.staff.requests.actions import CONFIRM, MOST, RETRY, STAFF_ACTIONS, StaffAction
from callbacks.staff.requests.ask_first_form import AskFirstForm
from callbacks.staff.requests.carry_out import Seen, carry_out, fitting
from callbacks.staff.requests.list_page import carried_filters
from callbacks.staff.requests.list_page.filters import FRESH


def page(
    request: HttpRequest,
    action: StaffAction,
    requests: Sequence[CallRequest],
    *,
    back: str,
    filters: str,
    is_cut: bool = False,
    form: AskFirstForm | None = None,
) -> HttpResponse:
    """Show what the action will do, to which requests, and which ones it does not fit.

    Args:
        request: The request that the page answers.
        action: The action.
        requests: The requests that the person selected.
        back: Where to go afterwards: "detail" is the page of the request, "list" the list,
            "progress" the page that follows a retry.
        filters: The query of the list that the person comes from.
        is_cut: Whether these are only the oldest of more requests.
        form: The form with its errors, if it was sent.
    """
    now = timezone.now()
    fit = fitting(action, requests)
    careful = [call_request for call_request in fit if action.needs_care(call_request)]
    not_fit = [one for one in requests if action.may_be_done(one) and one not in fit]
    # Of those that cannot be confirmed, most have a slot that needs no confirmation.
    gone = lifecycle_actions.withdrawn(not_fit) if action is CONFIRM else None
    withdrawn = [one for one in not_fit if gone is None or one.pk in gone]
    unflagged = [one for one in not_fit if one not in withdrawn]
    left_out = [call_request for call_request in requests if not action.may_be_done(call_request)]

    told = _when_retried(fit, clock.now()) if action is RETRY else {}
    slots = slot_choices.by_day(fit[0]) if len(fit) == 1 and told.get("closed") else []

    def lines(some: Sequence[CallRequest]) -> list[tuple[CallRequest, str, SafeString]]:
        return [(one, MASKED.number(one), status_badge(one, now)) for one in some]

    answer = staff_page(
        request,
        "staff/ask_first.html",
        title=action.label,
        opts=CallRequest._meta,
        action=action,
        rows=lines(fit),
        careful=lines(careful),
        left_out=lines(left_out),
        withdrawn=lines(withdrawn),
        unflagged=lines(unflagged),
        seen=[str(Seen.of(call_request)) for call_request in fit],
        form=form or AskFirstForm(action=action, careful=bool(careful), slots=slots),
        **told,
        is_cut=is_cut,
        back=back,
        filters=filters,
        filters_parameter=carried_filters.parameter(filters),
        back_url=_back_url(back, filters, [call_request.pk for call_request in requests]),
        most=MOST,
    )
    # The breadcrumbs link to the list as it was filtered. `each_context` reads the filters from the
    # address; here they are in the form, so they are set after it.
    request.list_filters = filters  # type: ignore[attr-defined]
    return answer


def _when_retried(requests: Sequence[CallRequest], now: datetime) -> dict[str, Any]:
    """Return what the page says about the time of the calls, if these requests are retried.

    `in_slot` are those that go back into their time slot, and `full` the slots among these that are
    full. `closed` is how many of the others have a widget that is closed now for the person to
    call, and `stale` how many people asked long ago.
    """
    in_slot = overbooking.back_in_slot(requests, now)
    back = {one.pk for one, _slot in in_slot}
    others = CallRequest.objects.filter(pk__in=[one.pk for one in requests if one.pk not in back])
    return {
        "in_slot": in_slot,
        "full": overbooking.full_slots(in_slot),
        "closed": others.exclude(is_open(now)).count(),
        "stale": sum(one.created_at < now - FRESH for one in requests),
    }


def list_action(action: StaffAction) -> Any:
    """Return the function that shows the confirmation for the requests selected in the list."""

    def ask(
        model_admin: Any, request: HttpRequest, queryset: QuerySet[CallRequest]
    ) -> HttpResponse | None:
        requests = list(queryset.select_related("widget")[: MOST + 1])
        if len(requests) > MOST:
            sentence = _(
                "Nothing was changed: you selected more than %(n)d requests. Select fewer, for "
                "example by filtering by day or by widget."
            )
            messages.warning(request, sentence % {"n": MOST})
            return None
        filters = carried_filters.cleaned(request.GET.urlencode())
        return page(request, action, requests, back="list", filters=filters)

    ask.__name__ = action.name
    right = "act" if action.permission is may_act else action.name
    ask.allowed_permissions = [right]  # type: ignore[attr-defined]
    ask.short_description = action.label_for_many  # type: ignore[attr-defined]
    return ask


def answer(request: HttpRequest, name: str) -> HttpResponse:
    """Ask for confirmation (GET `?request=12`), or do the action and report (POST).

    The caller has checked that the person may use the action.
    """
    action, filters = STAFF_ACTIONS[name], carried_filters.carried(request)
    if request.method != "POST":
        typed = request.GET.get("request", "")
        pk = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 18 else 0
        requests = list(CallRequest.objects.select_related("widget").filter(pk=pk))
        if not requests:
            messages.warning(request, _("This request no longer exists."))
            return HttpResponseRedirect(carried_filters.list_url(filters))
        return page(request, action, requests, back="detail", filters=filters)
    back = request.POST.get("back", "")
    try:
        seen = [Seen.read(text) for text in request.POST.getlist("seen")[: MOST + 1]]
    except ValueError:
        seen = []
    if not seen or len(seen) > MOST:
        messages.warning(request, _("Nothing was changed. Select the requests again."))
        return HttpResponseRedirect(carried_filters.list_url(filters))
    careful = any(one.status in action.careful for one in seen)
    form = AskFirstForm(
        request.POST, action=action, careful=careful, slots=_slots_sent(request, action, seen)
    )
    if not form.is_valid():
        rows = CallRequest.objects.select_related("widget").in_bulk([one.pk for one in seen])
        # Show the form again, but without the requests that have changed since.
        same = [
            rows[one.pk]
            for one in seen
            if one.pk in rows and (action.move is None or Seen.of(rows[one.pk]) == one)
        ]
        return page(request, action, same, back=back, filters=filters, form=form)
    result = carry_out(
        action,
        seen,
        current_user(request),
        checked=careful and form.cleaned_data["confirmed"],
        note=form.cleaned_data.get("note", ""),
        slot_start=form.slot_start,
        overbook={one.pk for one in seen if str(one.pk) in request.POST.getlist("overbook")},
    )
    report.show(request, action, result)
    if action is RETRY and (len(result.done) > 1 or (result.done and back == "progress")):
        watch = progress.address(result.done)
        return HttpResponseRedirect(carried_filters.with_filters(watch, filters))
    return HttpResponseRedirect(_back_url(back, filters, [one.pk for one in seen]))


def _slots_sent(
    request: HttpRequest, action: StaffAction, seen: Sequence[Seen]
) -> slot_choices.Choices:
    """Return the time slots to choose from, if the form that was sent has this field."""
    if action is not RETRY or len(seen) != 1 or "when" not in request.POST:
        return []
    row = CallRequest.objects.select_related("widget").filter(pk=seen[0].pk).first()
    # Without any slot, what was sent is refused as a slot that is gone.
    return (slot_choices.by_day(row) if row else []) or [("", [])]


def _back_url(back: str, filters: str, pks: Sequence[int]) -> str:
    """Return the address to go to after the action."""
    if back == "detail" and len(pks) == 1:
        page = reverse("admin:callbacks_callrequest_change", args=pks)
        return carried_filters.with_filters(page, filters)
    return carried_filters.list_url(filters)
