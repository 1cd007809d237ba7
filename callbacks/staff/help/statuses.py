"""What each status of a request means, and the way through a day's work: texts of the help page."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from callbacks.models import Status
from callbacks.staff.help.entries import Entry

MEANINGS: dict[Status, tuple[Promise, Promise]] = {
    Status.QUEUED: (
        _(
            "The call has not started. It starts as soon as a line is free, or at the time shown "
            "when the request is scheduled or an attempt has to be made again."
        ),
        _("Nothing to do. Cancel the request if the person no longer wants a call."),
    ),
    Status.CALLING: (
        _("A call worker is placing the call at this moment."),
        _("Nothing to do: the result is there within a minute."),
    ),
    Status.CALLED: (
        _(
            "The call service accepted the call, or a colleague marked the request as called. "
            "Whether the person picked up is in the call service's reports."
        ),
        _("Nothing to do. Retry only if the person asks for another call."),
    ),
    Status.UNCERTAIN: (
        _(
            "The call was sent, and nobody knows whether the phone rang. It is not retried "
            "automatically, because the person could be called twice."
        ),
        _(
            "Check in the call service's reports, or show the number and ask the person. Then "
            "mark the request as called, retry it or close it."
        ),
    ),
    Status.FAILED: (
        _("The call was certainly not placed: no phone rang."),
        _(
            "Read the reason. Retry if the person still expects a call, mark the request as called "
            "if somebody reached them, or close it."
        ),
    ),
    Status.CANCELLED: (
        _(
            "Nobody will be called: the visitor or a colleague cancelled the request, a colleague "
            "closed it, or the number is on the block list."
        ),
        _("Nothing to do. A cancelled request cannot be retried."),
    ),
}

ROUTINE = (
    _("Look at the top of the page: it says if calls are stopped or paused."),
    _(
        "On the overview, the counts “Uncertain” and “Failed” lead to the requests that wait for a "
        "decision. The counts refresh automatically."
    ),
    _(
        "Failed requests: read the reason and mend what caused it. Close the requests of people "
        "who no longer expect a call. Then choose “Retry all” on the overview, which asks before "
        "it retries what failed in the last 24 hours."
    ),
    _(
        "Uncertain requests, which the page after a retry lists: check in the call service's "
        "reports whether the phone rang, or show the number and ask the person. Mark as called, or "
        "retry. From a filtered list, “Next” leads on to the next request."
    ),
    _(
        "To find a request, search for the whole number or email address, for “#12”, or for the "
        "last two digits of the number and the day, such as “62 2026-11-26”."
    ),
    _("Check the refusals if there are more than usual: a limit may be too low, or a bot active."),
)


def statuses() -> list[Entry]:
    """Return the entry of each status, in the order of `Status`."""
    return [Entry(f"status-{status}", status.label, *MEANINGS[status]) for status in Status]
