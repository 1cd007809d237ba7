"""Tell the person what became of the requests, after an action."""

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from callbacks.staff.common.formatting import minute_after, names
from callbacks.staff.requests.actions import StaffAction
from callbacks.staff.requests.carry_out import Result


def show(request: HttpRequest, action: StaffAction, result: Result) -> None:
    """Tell the person what was done, what had changed meanwhile, and what was not possible."""
    if result.done:
        messages.success(request, action.done % {"n": len(result.done)})
    if result.changed:
        now_is = result.changed[0].get_status_display()
        sentence = (
            _(
                "%(names)s was left as it is: it has changed in the meantime and is now "
                "“%(status)s”."
            )
            if len(result.changed) == 1
            else _("%(names)s were left as they are: they have changed in the meantime.")
        )
        messages.warning(request, sentence % {"names": names(result.changed), "status": now_is})
    if result.under_way:
        sentence = _(
            "Not erased, because a call is in progress: %(names)s. Try again after %(time)s."
        )
        after = minute_after(result.under_way_until or timezone.now())
        messages.warning(request, sentence % {"names": names(result.under_way), "time": after})
    if result.erased:
        sentence = _(
            "%(names)s: nothing more can be done, because the personal data has been erased."
        )
        messages.warning(request, sentence % {"names": names(result.erased)})
    if result.withdrawn:
        sentence = _("Not retried, because the visitor has withdrawn their consent: %(names)s.")
        messages.warning(request, sentence % {"names": names(result.withdrawn)})
    if result.never_opens:
        sentence = _(
            "Not retried, because the widget has no opening hours ahead: %(names)s. Check its "
            "opening hours, then retry."
        )
        messages.warning(request, sentence % {"names": names(result.never_opens)})
    if result.nothing_to_confirm:
        sentence = _(
            "Not confirmed, because the time slot is inside the opening hours, has passed, or is "
            "outside the legal hours for sales calls: %(names)s."
        )
        messages.warning(request, sentence % {"names": names(result.nothing_to_confirm)})
    if result.slot_full:
        sentence = _(
            "Not retried, because the time slot has filled in the meantime: %(names)s. Retry again "
            "to place one more call in it all the same."
        )
        messages.warning(request, sentence % {"names": names(result.slot_full)})
    if result.slot_gone:
        sentence = _(
            "Not retried, because this time slot can no longer be chosen: %(names)s. Retry again, "
            "and choose another one."
        )
        messages.warning(request, sentence % {"names": names(result.slot_gone)})
    if result.not_allowed:
        sentence = _("“%(action)s” is not possible in their current status: %(names)s.")
        messages.warning(
            request, sentence % {"action": action.label, "names": names(result.not_allowed)}
        )
    if result.unchecked:
        sentence = _("%(names)s: nothing was changed. To call again, tick the confirmation box.")
        messages.warning(request, sentence % {"names": names(result.unchecked)})
    if result.broken:
        sentence = _("The database is unavailable. Try again in a few minutes with: %(names)s.")
        messages.error(request, sentence % {"names": names(result.broken)})
    if result.gone:
        messages.warning(request, _("Some of the requests no longer exist."))
