"""What to do next about a request: a sentence or two for each status and reason."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from callbacks.models import CallRequest, Reason, Status

BY_REASON: dict[str, Promise] = {
    Reason.REFUSED: _(
        "The call service refused this call; its answer is shown below. Check the number and the "
        "widget's scenario. Once the problem is fixed, retry. Or ask a colleague who may see the "
        "number to call, then mark the request as called."
    ),
    Reason.TOO_LATE: _(
        "The call could not be placed in time: calls were stopped, the call service was "
        "unavailable, or too many requests were waiting. Nobody was called. Check on the "
        "“Calling” page that calls are running. Then retry if the person may still expect the "
        "call; otherwise, close the request."
    ),
    Reason.CLOSED: _(
        "The opening hours were changed while this person was waiting, and no opening is left at "
        "which they could be called. Nobody was called. Check the widget's opening hours, then "
        "retry. Or ask a colleague who may see the number to call, then mark the request as called."
    ),
    Reason.NO_ANSWER: _(
        "The call was sent, but no clear answer came back: the phone may have rung. First check "
        "in the call service's reports, or ask a colleague who may see the number to contact the "
        "person. If the call took place, mark the request as called. If not, retry."
    ),
    Reason.WORKER_DIED: _(
        "The call worker stopped during the call: the phone may have rung. First check in the "
        "call service's reports, or ask a colleague who may see the number to contact the person. "
        "If the call took place, mark the request as called. If not, retry."
    ),
    Reason.UNREADABLE: _(
        "The number or email cannot be decrypted, so nobody was called. Tell the operator of this "
        "site that a key is missing from ENCRYPTION_KEYS. Once the key is back, retry. If no key "
        "is missing, the request is damaged: close it."
    ),
    Reason.RESTORED: _(
        "This request was unfinished when a backup was restored. What happened after the backup "
        "is unknown: the person may have been called. Check first, then mark the request as "
        "called, or retry."
    ),
}

_BY_STATUS: dict[str, Promise] = {
    Status.QUEUED: _("Nothing to do: the person is called in their turn."),
    Status.CALLING: _("Nothing to do: the call is in progress."),
    Status.CALLED: _("Nothing to do: the call service accepted the call."),
    Status.UNCERTAIN: _(
        "The phone may have rung. Check, then mark the request as called, or retry."
    ),
    Status.FAILED: _(
        "The call was not placed. Retry. Or ask a colleague who may see the number to call, then "
        "mark the request as called."
    ),
    Status.CANCELLED: _("Nothing to do: nobody will be called."),
}


_WITHDRAWN = _(
    "The visitor has withdrawn their consent, so this request cannot be retried. If the call took "
    "place, mark the request as called. If not, close it."
)


def what_next(
    call_request: CallRequest, *, is_withdrawn: bool = False, may_be_confirmed: bool = False
) -> Promise:
    """Return what staff should do next about the request.

    `is_withdrawn` says whether the visitor has withdrawn the consent; `may_be_confirmed`, whether
    a person can confirm its time slot (`lifecycle.confirming`).
    """
    if call_request.erased_at is not None:
        return _("Nothing to do: the personal data has been erased.")
    if is_withdrawn and call_request.status in {Status.FAILED, Status.UNCERTAIN}:
        return _WITHDRAWN
    if is_withdrawn and call_request.status == Status.CALLED:
        return _(
            "Nothing to do. The visitor has withdrawn their consent, so this request cannot be "
            "retried."
        )
    if may_be_confirmed and call_request.status == Status.QUEUED:
        return _(
            "The opening hours were changed after this time slot was booked, and it is now outside "
            "them. The person is called in it only if you confirm it. Or move the call to another "
            "time slot. Otherwise, the request fails when the time slot ends."
        )
    if may_be_confirmed:
        return _(
            "This request was set aside before its time slot, which is still to come. Check "
            "whether the person still expects the call. Then confirm it, and they are called in "
            "their time slot; or close the request."
        )
    if call_request.status == Status.QUEUED and call_request.confirmed_for == call_request.due_at:
        return _(
            "Nothing to do: a colleague confirmed the time slot. The person is called in it, even "
            "outside the opening hours."
        )
    if call_request.status == Status.CALLED and call_request.reason == Reason.BY_STAFF:
        return _("Nothing to do: a colleague marked this request as called.")
    if (
        call_request.status in {Status.FAILED, Status.UNCERTAIN}
        and call_request.reason in BY_REASON
    ):
        return BY_REASON[call_request.reason]
    if call_request.status == Status.CANCELLED and call_request.reason == Reason.BLOCKED:
        return _("Nothing to do: the number is on the block list, and was not called.")
    return _BY_STATUS[call_request.status]
