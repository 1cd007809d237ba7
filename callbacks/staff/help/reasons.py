"""What each reason of a failed, uncertain or cancelled request means: texts of the help page."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from callbacks.models import Reason
from callbacks.staff.help.entries import NOBODY, NOTHING, Entry
from callbacks.staff.requests.next_steps import BY_REASON

# `next_steps` holds what to do about each reason: the request's own page shows it too.
MEANINGS: dict[str, Promise] = {
    Reason.REFUSED: gettext_lazy(
        "The call service refused to place this call; its answer is shown on the request's page. "
        "The usual causes are an unknown scenario, or a number that it does not call."
    ),
    Reason.TOO_LATE: gettext_lazy(
        "The call could not be placed within the widget's maximum wait, so nobody was called. A "
        "call that comes too late is no longer expected."
    ),
    Reason.CLOSED: gettext_lazy(
        "The widget has opening hours, and none are ahead in which this person may be called. So "
        "nobody was called. The person was told on their page."
    ),
    Reason.NO_ANSWER: gettext_lazy(
        "The call was sent, then the connection broke, no answer came in time, or the answer was "
        "an error that does not say whether the call was placed. Only your team can find out, so "
        "the call is not retried automatically."
    ),
    Reason.WORKER_DIED: gettext_lazy(
        "The call worker stopped while it was placing the call, for example because of a crash or "
        "a power cut."
    ),
    Reason.UNREADABLE: gettext_lazy(
        "Numbers and emails are stored encrypted, and no key of this site decrypts this one. A "
        "key was removed too early, a machine does not know a new key yet, or the record is "
        "damaged."
    ),
    Reason.RESTORED: gettext_lazy(
        "The database was restored from a backup. Nothing shows what happened after the backup "
        "was made, so your team has to check every request that was unfinished in it."
    ),
    Reason.BY_VISITOR: gettext_lazy(
        "The visitor cancelled the request, and so withdrew their consent."
    ),
    Reason.BY_STAFF: gettext_lazy("A colleague decided. The history shows who, and when."),
    Reason.BY_API: gettext_lazy(
        "One of your own systems cancelled the request with an API key. The history shows which "
        "key, and when."
    ),
    Reason.BLOCKED: gettext_lazy(
        "The number or the domain of the email was on the block list when the call was due."
    ),
    Reason.ERASED: gettext_lazy(
        "The person's data was erased while the request was waiting, so the call was cancelled."
    ),
}


def reasons() -> list[Entry]:
    """Return the entry of each reason, in the order of `Reason`."""
    advice = {Reason.BY_STAFF.value: NOTHING, **BY_REASON}
    return [
        Entry(reason.value, reason.label, MEANINGS[reason], advice.get(reason, NOBODY))
        for reason in Reason
    ]
