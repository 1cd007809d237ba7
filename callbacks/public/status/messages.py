"""Say in words what happened to a request: true for every status."""

from dataclasses import replace
from datetime import timedelta

from django.utils.translation import gettext as _

from callbacks.contact import number_display
from callbacks.core import clock
from callbacks.hours import time_zones
from callbacks.models import CallRequest, Reason, Status
from callbacks.public.status import later_calls, waiting_message
from callbacks.public.status.status_message import StatusMessage
from callbacks.public.status.times import moment
from callbacks.scheduling import call_time

# After the call service accepted the call, the phone may still start to ring within this time.
RINGING = timedelta(minutes=1)


def of(
    call_request: CallRequest, *, in_full: bool = False, never_again: bool = False
) -> StatusMessage:
    """Return the message about a request, in the active language, with a fixed number of queries.

    `in_full` shows the whole number, to the person who sent it. `never_again` means that the
    visitor asked for no more calls, and that this is still in force.
    """
    if call_request.erased_at is not None:
        return StatusMessage(
            _("Your details have been deleted"),
            _("We no longer keep your phone number or email address for this request."),
        )
    number = shown_number(call_request, in_full=in_full)
    if never_again:
        return _never_again(call_request, number)
    match call_request.status:
        case Status.QUEUED:
            now = clock.now()
            said = waiting_message.of(call_request, number, now)
            if said.names_contact:
                return said
            over_closing = later_calls.over_closing(call_request, now)
            said = replace(said, text=f"{said.text} {over_closing}".rstrip())
            return _with_caller(said, call_request)
        case Status.CALLING:
            now_calling = _("We're calling %(number)s now.") % {"number": number}
            return _with_caller(StatusMessage(_("We're calling you"), now_calling), call_request)
        case Status.CALLED:
            return _called(call_request, number)
        case Status.FAILED:
            return _failed(call_request, number)
        case Status.CANCELLED:
            return _cancelled(call_request)
    if call_request.reason == Reason.UNREADABLE:
        return StatusMessage(
            _("We couldn't call you"),
            _(
                "Sorry, something went wrong on our side. Our team can see your request. You can "
                "also ask for another call."
            ),
            names_contact=True,
        )
    return StatusMessage(
        _("We don't know whether your phone rang"),
        _(
            "We got no clear answer about your call to %(number)s. To make sure that you are never "
            "called twice, we won't try again automatically: our team will look at your request. "
            "If your phone didn't ring, you can ask for another call."
        )
        % {"number": number},
        names_contact=True,
    )


def shown_number(call_request: CallRequest, *, in_full: bool = False) -> str:
    """Return the number, masked or in full, with no-break spaces that keep it on one line."""
    shown = (
        number_display.displayed(call_request.number)
        if in_full
        else number_display.masked(call_request.number)
    )
    return shown.replace(" ", "\u00a0")


def _with_caller(
    said: StatusMessage, call_request: CallRequest, *, is_past: bool = False
) -> StatusMessage:
    """Return the message with the number that the call comes from, if the widget says which."""
    caller = call_request.widget.shown_caller_number
    if not caller:
        return said
    sentence = (
        _("The call came from %(number)s.") if is_past else _("The call comes from %(number)s.")
    )
    return replace(said, text=f"{said.text} {sentence % {'number': caller}}")


def _never_again(call_request: CallRequest, number: str) -> StatusMessage:
    text = _(
        "As you asked, we won't call %(number)s again, even if someone asks us to. Your consent "
        "has been withdrawn."
    ) % {"number": number}
    if call_request.status == Status.CALLING:
        text += " " + _("Only the call in progress could not be stopped.")
    return StatusMessage(_("We won't call this number again"), text)


def _called(call_request: CallRequest, number: str) -> StatusMessage:
    now = clock.now()
    if call_request.reason == Reason.BY_STAFF:
        return StatusMessage(
            _("You have been called"),
            _("Our team has noted that your call took place. You won't be called again for it."),
        )
    if now - call_request.status_at < RINGING:
        return _with_caller(
            StatusMessage(
                _("Your phone should ring within seconds"),
                _(
                    "We're calling %(number)s now. No ring after a minute? Check the number, then "
                    "ask for another call."
                )
                % {"number": number},
            ),
            call_request,
        )
    return _with_caller(
        StatusMessage(
            _("We called you"),
            _(
                "We called %(number)s at %(time)s. If your phone didn't ring, you can ask for "
                "another call."
            )
            % {
                "number": number,
                "time": moment(call_request.status_at, now, call_request.widget.shown_zone),
            },
        ),
        call_request,
        is_past=True,
    )


def _failed(call_request: CallRequest, number: str) -> StatusMessage:
    if call_request.reason == Reason.TOO_LATE:
        text = _(
            "Sorry, we couldn't place your call soon enough after you asked. We won't call "
            "%(number)s for this request any more. You can ask for another call."
        )
        return StatusMessage(
            _("We couldn't call you in time"),
            " ".join([text % {"number": number}, *_next_opening(call_request)]),
            names_contact=True,
        )
    if call_request.reason == Reason.CLOSED:
        return StatusMessage(
            _("We couldn't call you"),
            _(
                "Sorry, our opening hours changed after you asked, and we can't call %(number)s "
                "for this request any more. You can ask for another call."
            )
            % {"number": number},
            names_contact=True,
        )
    return StatusMessage(
        _("We couldn't call you"),
        _(
            "Sorry, the call to %(number)s was refused and your phone didn't ring. Our team can "
            "see it. If the number is wrong, ask for another call."
        )
        % {"number": number},
        names_contact=True,
    )


def _next_opening(call_request: CallRequest) -> list[str]:
    """Return the sentences about the next opening, if the widget is closed now and opens again."""
    now, zone = clock.now(), call_request.widget.shown_zone
    opens_at = call_time.next_opening(call_request.widget, str(call_request.number), now)
    if opens_at is None:
        return []
    said = _("We're closed now, and open again at %(time)s.") % {
        "time": moment(opens_at, now, zone)
    }
    place = time_zones.place_of(zone)
    return [said, _("Times are in the time zone of %(place)s.") % {"place": place}]


def _cancelled(call_request: CallRequest) -> StatusMessage:
    if call_request.reason == Reason.BY_VISITOR:
        return StatusMessage(
            _("Your request is cancelled"),
            _("We won't call you, and your consent to this call has been withdrawn."),
        )
    wont_call = _("We won't call you for this request.")
    if by_company := later_calls.cancelled_by_company(call_request):
        text = f"{by_company} {wont_call}"
        return StatusMessage(_("Your request is cancelled"), text, names_contact=True)
    return StatusMessage(_("Your request is closed"), wont_call, names_contact=True)
