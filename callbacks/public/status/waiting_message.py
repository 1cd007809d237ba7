"""Say in words when the call of a waiting request will come."""

import math
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from callbacks.dispatch import call_switch, circuit_breaker
from callbacks.models import CallRequest
from callbacks.public.status import later_calls
from callbacks.public.status.status_message import LATER, StatusMessage
from callbacks.public.status.times import moment
from callbacks.scheduling.wait_estimate import expected_wait_of

# A longer wait is shown in minutes.
LONG_WAIT = timedelta(minutes=1)


def of(call_request: CallRequest, number: str, now: datetime) -> StatusMessage:
    """Return the message about a waiting request. `number` is written as the page shows it."""
    ends_at = call_request.ends_at(now)
    zone = call_request.widget.shown_zone
    words = {"number": number, "time": moment(ends_at, now, zone)}
    if later := later_calls.of(call_request, number, now):
        return StatusMessage(
            later.title,
            later.text,
            LATER,
            names_contact=later.is_in_doubt,
            starts_at=later.starts_at,
            ends_at=later.ends_at,
        )
    calling = call_switch.current()
    resumes_at = circuit_breaker.must_wait_until(calling, now)
    if resumes_at is not None and resumes_at >= ends_at:
        return StatusMessage(
            _("Calls are paused"),
            _(
                "Sorry, we can't call %(number)s in time: calls are paused, and your request ends "
                "at %(time)s. You can ask for another call later."
            )
            % words,
            LATER,
            names_contact=True,
        )
    if circuit_breaker.must_wait(calling, now):
        return StatusMessage(
            _("Calls are paused"),
            _("We'll keep your request until %(time)s and call %(number)s as soon as calls resume.")
            % words,
            LATER,
            names_contact=True,
        )
    if call_request.put_off_count:
        return StatusMessage(
            _("We haven't been able to call you yet"),
            _(
                "We'll keep trying until %(time)s; you don't need to do anything. Keep your phone "
                "close."
            )
            % words,
        )
    wait = expected_wait_of(call_request, now)
    if wait > LONG_WAIT:
        minutes = math.ceil(wait.total_seconds() / 60)
        return StatusMessage(
            _("You're in the queue"),
            ngettext(
                "Other people asked before you. We'll call %(number)s in about %(n)d minute. Keep "
                "your phone close.",
                "Other people asked before you. We'll call %(number)s in about %(n)d minutes. Keep "
                "your phone close.",
                minutes,
            )
            % (words | {"n": minutes}),
            LATER,
        )
    return StatusMessage(
        _("We're about to call you"),
        _(
            "We'll call %(number)s, usually within seconds (%(time)s at the latest). Keep your "
            "phone close."
        )
        % words,
    )
