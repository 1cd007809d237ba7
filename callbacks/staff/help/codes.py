"""What each code of an attempt means, and what to do about it: texts of the help page."""

from django.utils.translation import gettext_lazy

from callbacks.call_api import AttemptCode
from callbacks.models import Outcome, Reason
from callbacks.staff.help.entries import MAY_HAVE_RUNG, NOBODY, NOTHING, NOTHING_SENT, Entry
from callbacks.staff.help.reasons import MEANINGS
from callbacks.staff.requests.next_steps import BY_REASON

CODES = (
    Entry(
        AttemptCode.ACCEPTED,
        gettext_lazy("Accepted"),
        gettext_lazy("The call service accepted the call. The phone rings within seconds."),
        NOTHING,
    ),
    Entry(
        AttemptCode.CREDENTIALS_REFUSED,
        gettext_lazy("Client ID or secret refused"),
        gettext_lazy(
            "The call service refuses the client ID or secret. No calls are placed until this is "
            "fixed. Requests stay in the queue until their maximum wait is over."
        ),
        gettext_lazy(
            "Check that UHLIVE_CLIENT_ID and UHLIVE_CLIENT_SECRET are those given by your uh!live "
            "account manager. Then run “manage.py check_call_api”."
        ),
    ),
    Entry(
        AttemptCode.TOKEN_UNAVAILABLE,
        gettext_lazy("No access token"),
        gettext_lazy("The call service's sign-in is unavailable or returned an invalid answer."),
        gettext_lazy(
            "Run “manage.py check_call_api”. If this continues, contact your uh!live account "
            "manager. Calls resume automatically once the call service works again."
        ),
    ),
    Entry(
        AttemptCode.NAME_FAILED,
        gettext_lazy("Name not found"),
        gettext_lazy("The name of the call service's host could not be resolved."),
        gettext_lazy("Check UHLIVE_CALL_URL, UHLIVE_TOKEN_URL and this machine's DNS."),
    ),
    Entry(
        AttemptCode.CONNECT_FAILED,
        gettext_lazy("No connection"),
        gettext_lazy("The site could not connect to the call service."),
        NOTHING_SENT,
    ),
    Entry(
        AttemptCode.TLS_FAILED,
        gettext_lazy("No secure connection"),
        gettext_lazy(
            "The call service's certificate is not valid, or the secure connection failed."
        ),
        gettext_lazy(
            "Check this machine's clock and certificates, and any proxy or firewall in between. "
            "“manage.py check_call_api” gives more details."
        ),
    ),
    Entry(
        AttemptCode.NOT_SENT,
        gettext_lazy("Not sent"),
        gettext_lazy("The call could not be sent."),
        NOTHING_SENT,
    ),
    Entry(
        AttemptCode.DEADLINE_PASSED,
        gettext_lazy("Time ran out"),
        gettext_lazy("The time allowed for this attempt was over before the call was sent."),
        NOTHING_SENT,
    ),
    Entry(
        AttemptCode.CLAIM_TOO_OLD,
        gettext_lazy("Started too late"),
        gettext_lazy(
            "Too much time passed between taking the request and placing the call: the machine "
            "was suspended, or the database was very slow. To avoid calling twice, the call was "
            "not sent."
        ),
        gettext_lazy(
            "The call is retried automatically. If this happens often, the machine is overloaded."
        ),
    ),
    Entry(
        AttemptCode.TAKEN_OVER,
        gettext_lazy("Request changed meanwhile"),
        gettext_lazy("The request was changed right before the call was sent, so it was not sent."),
        gettext_lazy("Nothing to do: the status of the request shows what happens next."),
    ),
    Entry(
        AttemptCode.PATIENCE_OVER,
        gettext_lazy("Too late to send"),
        gettext_lazy(
            "The maximum wait was over right before the call was sent, so it was not sent."
        ),
        BY_REASON[Reason.TOO_LATE],
    ),
    Entry(
        AttemptCode.CLOSED,
        gettext_lazy("Closed meanwhile"),
        gettext_lazy("The opening hours ended right before the call was sent, so it was not sent."),
        gettext_lazy("Nothing to do: the status of the request shows what happens next."),
    ),
    Entry(
        AttemptCode.NO_NUMBER,
        gettext_lazy("No number"),
        gettext_lazy("The number was erased right before the call was sent, so it was not sent."),
        NOBODY,
    ),
    Entry(
        AttemptCode.DATABASE_AWAY,
        gettext_lazy("Database unavailable"),
        gettext_lazy(
            "The database did not confirm in time that the call may still be placed, so it was "
            "not sent."
        ),
        gettext_lazy(
            "The call is retried automatically. If this happens often, check the database."
        ),
    ),
    Entry(
        AttemptCode.THROTTLED,
        gettext_lazy("Too many calls"),
        gettext_lazy(
            "The call service asked for fewer calls (HTTP status 429). All calls are paused "
            "for a moment."
        ),
        gettext_lazy(
            "The call is retried automatically. If this happens often, lower PACE_CALLS, or "
            "the number of calls per minute of the widgets."
        ),
    ),
    Entry(
        AttemptCode.TRY_LATER,
        gettext_lazy("Postponed by the call service"),
        gettext_lazy(
            "The call service answered with a status that means, on this site, that no call was "
            "started (UHLIVE_NOTHING_PLACED_STATUSES)."
        ),
        gettext_lazy("The call is retried automatically until the maximum wait is over."),
    ),
    Entry(
        AttemptCode.SENDS_USED_UP,
        gettext_lazy("Sent five times"),
        gettext_lazy(
            "The call was sent five times, and the call service postponed it each time, for "
            "example with HTTP status 429. It is not retried automatically any more."
        ),
        gettext_lazy(
            "Retry later. If this happens often, lower PACE_CALLS, or the number of calls per "
            "minute of the widgets."
        ),
    ),
    Entry(
        AttemptCode.REFUSED,
        gettext_lazy("Refused"),
        MEANINGS[Reason.REFUSED],
        BY_REASON[Reason.REFUSED],
    ),
    Entry(
        AttemptCode.REDIRECT_REFUSED,
        gettext_lazy("Redirected"),
        gettext_lazy(
            "The call service redirected to another host. The access token is never sent there, "
            "so the call was not placed."
        ),
        gettext_lazy("Check UHLIVE_CALL_URL with your uh!live account manager."),
    ),
    Entry(
        AttemptCode.UNSENDABLE,
        gettext_lazy("Cannot be sent"),
        gettext_lazy("The request contains a character that cannot be sent."),
        gettext_lazy(
            "Ask a colleague who may see the number to call, then mark the request as called. "
            "Otherwise, close it."
        ),
    ),
    Entry(
        AttemptCode.TIMEOUT,
        gettext_lazy("No answer in time"),
        gettext_lazy("The call was sent, but no answer came in time."),
        MAY_HAVE_RUNG,
    ),
    Entry(
        AttemptCode.CONNECTION_LOST,
        gettext_lazy("Connection lost"),
        gettext_lazy("The call was sent, but the connection broke before the answer."),
        MAY_HAVE_RUNG,
    ),
    Entry(
        AttemptCode.ANSWER_UNKNOWN,
        gettext_lazy("Unclear answer"),
        gettext_lazy(
            "The call was sent, but the answer was an error of the service, or could not be read."
        ),
        MAY_HAVE_RUNG,
    ),
    Entry(
        AttemptCode.HELD,
        gettext_lazy("Request set aside by the operator"),
        gettext_lazy(
            "The operator of this site set aside all unfinished requests during this attempt, as "
            "after a backup is restored."
        ),
        MAY_HAVE_RUNG,
    ),
    Entry(
        AttemptCode.WORKER_DIED,
        gettext_lazy("Call worker stopped"),
        MEANINGS[Reason.WORKER_DIED],
        BY_REASON[Reason.WORKER_DIED],
    ),
)
KNOWN_CODES = frozenset(entry.name for entry in CODES)


def code_anchor(code: str, outcome: str) -> str:
    """Return the anchor of a code on the help page.

    It is empty if the page does not explain the code, or if the attempt is still in progress.
    """
    return f"code-{code}" if code in KNOWN_CODES and outcome != Outcome.PENDING else ""
