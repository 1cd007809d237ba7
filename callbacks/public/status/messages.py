"""What became of a request, in words for the visitor: honest ones, for every state."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from callbacks.contact import phone_numbers
from callbacks.core import clock
from callbacks.dispatch import call_switch, circuit_breaker
from callbacks.models import CallRequest, Reason, Status
from callbacks.scheduling.wait_estimate import expected_wait_of

# A wait that is longer was asked for; a shorter one is only the queue.
SCHEDULED_FROM = timedelta(seconds=30)
# From here on a wait is told.
LONG_WAIT = timedelta(minutes=1)
# So long after the service took the call, the phone may still begin to ring.
RINGING = timedelta(minutes=1)
SOON, LATER = 1, 5


@dataclass(frozen=True)
class News:
    """`refresh_seconds`: when it is worth asking again, unless the request is over."""

    title: str
    text: str
    refresh_seconds: int = SOON


def of(request: CallRequest) -> News:
    """In the active language, with the number masked. The number of queries is fixed."""
    if request.erased_at is not None:
        return News(
            _("Your details were erased"),
            _("We do not keep your number or email address for this request any more."),
        )
    number = shown_number(request)
    match request.status:
        case Status.QUEUED:
            return _waiting(request, number)
        case Status.CALLING:
            return News(_("We are calling you"), _("Calling %(number)s now.") % {"number": number})
        case Status.CALLED:
            return _called(request, number)
        case Status.FAILED:
            return _failed(request, number)
        case Status.CANCELLED:
            return _cancelled(request)
    if request.reason == Reason.UNREADABLE:
        return News(
            _("We could not call you"),
            _(
                "We are sorry: something went wrong on our side. Our team can see it. You can also "
                "ask for another call."
            ),
        )
    return News(
        _("We do not know whether your phone rang"),
        _(
            "No clear answer came back for your call to %(number)s. So that you are never called "
            "twice, we do not try again by ourselves: our team will look at your request. If your "
            "phone did not ring, you can also ask for another call."
        )
        % {"number": number},
    )


def shown_number(request: CallRequest) -> str:
    """Masked, and kept on one line by no-break spaces."""
    return phone_numbers.masked(request.number).replace(" ", "\u00a0")


def _waiting(request: CallRequest, number: str) -> News:
    now = clock.now()
    ends_at = request.ends_at(now)
    words = {"number": number, "time": _moment(ends_at, now)}
    if request.is_scheduled and request.due_at - now > SCHEDULED_FROM:
        return News(
            _("Your call is planned"),
            _("We will call %(number)s at %(time)s.")
            % {"number": number, "time": _moment(request.due_at, now)},
            LATER,
        )
    calling = call_switch.current()
    opens_at = circuit_breaker.opens_at(calling, now)
    if opens_at is not None and opens_at >= ends_at:
        return News(
            _("Calls are paused at the moment"),
            _(
                "We are sorry: calls stay paused until after %(time)s, when your request ends, so "
                "we cannot call %(number)s in time. You can ask for another call later."
            )
            % words,
            LATER,
        )
    if circuit_breaker.is_shut(calling, now):
        return News(
            _("Calls are paused at the moment"),
            _(
                "We keep your request until %(time)s, and call %(number)s as soon as calls go "
                "through again."
            )
            % words,
            LATER,
        )
    if request.put_off_count:
        return News(
            _("Your call could not be placed yet"),
            _("We keep trying until %(time)s, by ourselves. Please keep your phone at hand.")
            % words,
        )
    wait = expected_wait_of(request, now)
    if wait > LONG_WAIT:
        return News(
            _("You are in the queue"),
            _(
                "Others asked before you: we call %(number)s in about %(n)d min. "
                "Please keep your phone at hand."
            )
            % (words | {"n": math.ceil(wait.total_seconds() / 60)}),
            LATER,
        )
    return News(
        _("We are about to call you"),
        _(
            "We call %(number)s as soon as a line is free, by %(time)s at the latest. "
            "Please keep your phone at hand."
        )
        % words,
    )


def _called(request: CallRequest, number: str) -> News:
    now = clock.now()
    if request.reason == Reason.BY_STAFF:
        return News(
            _("You have been called"),
            _("Our team has noted that your call took place. Nothing more will happen by itself."),
        )
    if now - request.status_at < RINGING:
        return News(
            _("Your phone should ring within seconds"),
            _(
                "We have just called %(number)s. If it does not ring, check that this number is "
                "yours and that your phone can be reached; then you can ask for another call."
            )
            % {"number": number},
        )
    return News(
        _("We have called you"),
        _(
            "We called %(number)s at %(time)s. If your phone did not ring, you can ask for "
            "another call."
        )
        % {"number": number, "time": _moment(request.status_at, now)},
    )


def _failed(request: CallRequest, number: str) -> News:
    if request.reason == Reason.TOO_LATE:
        return News(
            _("We did not manage to call you in time"),
            _(
                "We are sorry. We will not call %(number)s any more for this request, so that "
                "nobody is called long after they asked. You can ask for another call."
            )
            % {"number": number},
        )
    return News(
        _("We could not call you"),
        _(
            "We are sorry: the call to %(number)s was refused, and your phone did not ring. "
            "Our team can see it. If the number was mistyped, you can ask for another call."
        )
        % {"number": number},
    )


def _cancelled(request: CallRequest) -> News:
    if request.reason == Reason.BY_VISITOR:
        return News(
            _("Your request is cancelled"),
            _("We will not call you, and your consent to this call is withdrawn."),
        )
    return News(_("Your request was closed"), _("No call will be made for it."))


def _moment(at: datetime, now: datetime) -> str:
    """Hours and minutes on the site's clock, with the day when that is not today."""
    there = localtime(at)
    hours = f"{there:%H:%M}"
    if there.date() == localtime(now).date():
        return hours
    return _("%(time)s on %(day)s") % {
        "time": hours,
        "day": date_format(there, "MONTH_DAY_FORMAT"),
    }
