"""What to do next about a request: a sentence or two for each state and reason."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from callbacks.models import CallRequest, Reason, Status

BY_REASON: dict[str, Promise] = {
    Reason.REFUSED: _(
        "The call service will not place this call; its words stand below. Check the number and "
        "the widget's scenario. Once the cause is gone, retry; or have somebody call who may see "
        "the number, and mark the request as called."
    ),
    Reason.TOO_LATE: _(
        "It could not be placed in time: calls were stopped, the call service was away, or too "
        "many were waiting. Nobody was called. See under Calling whether calls flow again, then "
        "retry if the person may still expect the call; otherwise close it."
    ),
    Reason.NO_ANSWER: _(
        "The call was sent, but no clear answer came back: the phone may have rung. Find out "
        "first, in the call service's own reports, or through a colleague who may see the number "
        "and asks the person. If the call took place, mark it as called; if not, retry."
    ),
    Reason.WORKER_DIED: _(
        "The worker ended in the middle of the call: the phone may have rung. Find out first, in "
        "the call service's own reports, or through a colleague who may see the number and asks "
        "the person. If the call took place, mark it as called; if not, retry."
    ),
    Reason.UNREADABLE: _(
        "Its number or email cannot be decrypted, so nobody was called. Tell the person who runs "
        "this site that a key is missing in ENCRYPTION_KEYS. Once the key is back, retry. If no "
        "key is missing, the row is damaged: close the request."
    ),
    Reason.RESTORED: _(
        "It was unfinished when a backup was restored; what happened since the backup is not "
        "known, and the person may have been called. Find out first; then mark it as called, or "
        "retry."
    ),
}

_BY_STATUS: dict[str, Promise] = {
    Status.QUEUED: _("Nothing to do: it is called as soon as calls flow and its turn has come."),
    Status.CALLING: _("Nothing to do: the call is being placed right now."),
    Status.CALLED: _("Nothing to do: the call service took the call."),
    Status.UNCERTAIN: _("The phone may have rung: find out, then mark it as called, or retry."),
    Status.FAILED: _(
        "The call was not placed. Retry; or have somebody call who may see the number, and mark "
        "it as called."
    ),
    Status.CANCELLED: _("Nothing to do: nobody is called any more."),
}


def what_next(request: CallRequest) -> Promise:
    """What the person in front of this request is to do."""
    if request.erased_at is not None:
        return _("Nothing to do: the personal data has been erased.")
    if request.status == Status.CALLED and request.reason == Reason.BY_STAFF:
        return _("Nothing to do: a colleague has marked it as called.")
    if request.status in {Status.FAILED, Status.UNCERTAIN} and request.reason in BY_REASON:
        return BY_REASON[request.reason]
    if request.status == Status.CANCELLED and request.reason == Reason.BLOCKED:
        return _("Nothing to do: the number is on the block list, and was not called.")
    return _BY_STATUS[request.status]
