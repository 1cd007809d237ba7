"""What each reason and each code of an attempt means, and what to do: a page of the admin."""

from dataclasses import dataclass

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from callbacks.models import Outcome, Reason
from callbacks.staff.requests.next_steps import BY_REASON


@dataclass(frozen=True)
class Entry:
    """`name` is the anchor on the page, and the word that is stored."""

    name: str
    title: Promise | str
    meaning: Promise | str
    what_to_do: Promise | str


_NOTHING_SENT = gettext_lazy(
    "Nothing was sent, so no phone rang. It is tried again by itself, until the patience ends."
)
_MAY_HAVE_RUNG = gettext_lazy(
    "The phone may have rung. Find out, in the call service's own reports, or through a colleague "
    "who may see the number and asks the person; then mark the request as called, or retry."
)
_NOBODY = gettext_lazy("Nothing to do: nobody will be called.")
_NOTHING = gettext_lazy("Nothing to do.")

# What a reason means; what to do about it is the advice on the request's own page.
_MEANINGS: dict[str, Promise] = {
    Reason.REFUSED: gettext_lazy(
        "The call service answered that it will not place this call, and said why in its own "
        "words. Usual causes: an unknown scenario, or a number that it does not call."
    ),
    Reason.TOO_LATE: gettext_lazy(
        "The widget's patience ended before the call could be placed. Nobody is called long after "
        "they asked."
    ),
    Reason.NO_ANSWER: gettext_lazy(
        "The call was sent to the call service, and then the line broke, time ran out, or the "
        "answer was an error that leaves open whether it was carried out. The service cannot be "
        "asked, so a machine must not try again."
    ),
    Reason.WORKER_DIED: gettext_lazy(
        "The program that was placing the call ended in the middle of it: a crash, a power cut, a "
        "machine that was switched off."
    ),
    Reason.UNREADABLE: gettext_lazy(
        "Numbers and emails are stored encrypted, and none of the keys that this site has reads "
        "this one: a key was removed too early, a machine does not know a new key yet, or the "
        "row is damaged."
    ),
    Reason.RESTORED: gettext_lazy(
        "The database comes from a backup. What happened between the backup and the restoration "
        "is in no record, so everything unfinished waits for a person."
    ),
    Reason.BY_VISITOR: gettext_lazy("The visitor withdrew the request, and with it the consent."),
    Reason.BY_STAFF: gettext_lazy("A colleague decided; the timeline says who, and when."),
    Reason.BLOCKED: gettext_lazy(
        "The number, or the email's domain, was on the block list when its turn came."
    ),
    Reason.ERASED: gettext_lazy(
        "The person's data was erased while the request was waiting, so the call was cancelled."
    ),
}

CODES = (
    Entry(
        "accepted",
        gettext_lazy("Accepted"),
        gettext_lazy("The call service took the call; the phone rings within seconds."),
        _NOTHING,
    ),
    Entry(
        "credentials_refused",
        gettext_lazy("Credentials refused"),
        gettext_lazy(
            "The call service does not accept our client id and secret. No call can be placed; "
            "requests wait as long as their patience lasts."
        ),
        gettext_lazy(
            "Compare UHLIVE_CLIENT_ID and UHLIVE_CLIENT_SECRET with what your uh!live account "
            "manager gave you; “manage.py check_call_api” tells whether they are right."
        ),
    ),
    Entry(
        "token_unavailable",
        gettext_lazy("No token"),
        gettext_lazy("The token endpoint is away, or answers something that is not a token."),
        gettext_lazy(
            "Run “manage.py check_call_api”. If it stays so, tell the call service's operator; "
            "calls go on by themselves once it is back."
        ),
    ),
    Entry(
        "name_failed",
        gettext_lazy("Name not found"),
        gettext_lazy("The call service's host name could not be resolved."),
        gettext_lazy("Check UHLIVE_CALL_URL, UHLIVE_TOKEN_URL and this machine's name service."),
    ),
    Entry(
        "connect_failed",
        gettext_lazy("No connection"),
        gettext_lazy("No connection to the call service could be made."),
        _NOTHING_SENT,
    ),
    Entry(
        "tls_failed",
        gettext_lazy("No secure connection"),
        gettext_lazy(
            "The call service's certificate could not be verified, or the secure connection failed."
        ),
        gettext_lazy(
            "Check this machine's clock and certificates, and whether a proxy stands between. "
            "“manage.py check_call_api” says more."
        ),
    ),
    Entry(
        "not_sent",
        gettext_lazy("Not sent"),
        gettext_lazy("The call could not be sent."),
        _NOTHING_SENT,
    ),
    Entry(
        "deadline_passed",
        gettext_lazy("No time left"),
        gettext_lazy("The attempt's time was over before the call was sent."),
        _NOTHING_SENT,
    ),
    Entry(
        "claim_too_old",
        gettext_lazy("Claimed too long ago"),
        gettext_lazy(
            "Between taking the request and calling, too much time went by: the machine slept, or "
            "the database hung. To be safe, the call was not sent."
        ),
        gettext_lazy(
            "It is tried again by itself. If it happens often, the machine is overloaded."
        ),
    ),
    Entry(
        "taken_over",
        gettext_lazy("No longer this worker's"),
        gettext_lazy(
            "Right before sending, the request had been taken over or changed by somebody else. "
            "The call was not sent."
        ),
        gettext_lazy("Nothing to do: the request's state says what happens next."),
    ),
    Entry(
        "patience_over",
        gettext_lazy("Too late to send"),
        gettext_lazy("The patience ended right before the call was sent, so it was not sent."),
        BY_REASON[Reason.TOO_LATE],
    ),
    Entry(
        "no_number",
        gettext_lazy("No number"),
        gettext_lazy("The number was erased right before the call was sent, so it was not sent."),
        _NOBODY,
    ),
    Entry(
        "database_away",
        gettext_lazy("Database unavailable"),
        gettext_lazy(
            "Right before sending, the database did not say whether the call may still be placed. "
            "The call was not sent."
        ),
        gettext_lazy("It is tried again by itself. If it happens often, check the database."),
    ),
    Entry(
        "throttled",
        gettext_lazy("Too many calls"),
        gettext_lazy("The call service asked for fewer calls (status 429). All wait a while."),
        gettext_lazy("If it happens often, lower PACE_CALLS, or the widgets' calls a minute."),
    ),
    Entry(
        "try_later",
        gettext_lazy("Postponed by the call service"),
        gettext_lazy(
            "The call service answered with a status for which the operator vouches that no call "
            "was started (UHLIVE_NOTHING_PLACED_STATUSES)."
        ),
        gettext_lazy("It is tried again by itself, until the patience ends."),
    ),
    Entry(
        "sends_used_up",
        gettext_lazy("Sent five times"),
        gettext_lazy(
            "The call was sent five times, and each time the call service put it off, for example "
            "with status 429. It is not sent again by itself."
        ),
        gettext_lazy(
            "Retry later. If it happens often, lower PACE_CALLS, or the widgets' calls a minute."
        ),
    ),
    Entry(
        "refused",
        gettext_lazy("Refused"),
        _MEANINGS[Reason.REFUSED],
        BY_REASON[Reason.REFUSED],
    ),
    Entry(
        "redirect_refused",
        gettext_lazy("Sent elsewhere"),
        gettext_lazy(
            "The call service pointed to another host. Our token must not go there, so the call "
            "was not placed."
        ),
        gettext_lazy("Check UHLIVE_CALL_URL with your uh!live account manager."),
    ),
    Entry(
        "unsendable",
        gettext_lazy("Cannot be sent"),
        gettext_lazy("The request holds a character that cannot be sent."),
        gettext_lazy(
            "Have somebody call who may see the number, and mark the request as called; or close "
            "it."
        ),
    ),
    Entry(
        "timeout",
        gettext_lazy("No answer in time"),
        gettext_lazy("The call was sent, and no answer came in time."),
        _MAY_HAVE_RUNG,
    ),
    Entry(
        "connection_lost",
        gettext_lazy("Connection lost"),
        gettext_lazy("The call was sent, and the connection broke before the answer."),
        _MAY_HAVE_RUNG,
    ),
    Entry(
        "answer_unknown",
        gettext_lazy("Unclear answer"),
        gettext_lazy(
            "The call was sent; the answer was an error of the service, or could not be read."
        ),
        _MAY_HAVE_RUNG,
    ),
    Entry(
        "held",
        gettext_lazy("Held back by an operator"),
        gettext_lazy(
            "The operator of this site held back everything unfinished while this attempt was "
            "under way, as is done after a backup was restored."
        ),
        _MAY_HAVE_RUNG,
    ),
    Entry(
        "worker_died",
        gettext_lazy("Worker ended"),
        _MEANINGS[Reason.WORKER_DIED],
        BY_REASON[Reason.WORKER_DIED],
    ),
)
KNOWN_CODES = frozenset(entry.name for entry in CODES)


def reasons() -> list[Entry]:
    advice = {Reason.BY_STAFF.value: _NOTHING, **BY_REASON}
    return [
        Entry(reason.value, reason.label, _MEANINGS[reason], advice.get(reason, _NOBODY))
        for reason in Reason
    ]


def code_anchor(code: str, outcome: str) -> str:
    """Where on the page an attempt's code is explained; empty when there is nothing to say."""
    return f"code-{code}" if code in KNOWN_CODES and outcome != Outcome.PENDING else ""


@require_safe
def page(http: HttpRequest) -> HttpResponse:
    """The page, for everybody who may sign in: it holds nothing but explanations."""
    context = {
        **admin.site.each_context(http),
        "title": _("Help"),
        "reasons": reasons(),
        "codes": CODES,
    }
    http.current_app = admin.site.name
    return TemplateResponse(http, "staff/help.html", context)
