"""Turn what a visitor chose (now, the next opening, a time slot) into the time of the call."""

from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from callbacks.contact.e164 import Number
from callbacks.intake.errors import Closed, Invalid
from callbacks.models import CallRequest, Widget
from callbacks.models.widget_hours import WhenClosed
from callbacks.scheduling import call_time, open_periods, slots
from callbacks.scheduling.call_time import CallTime
from callbacks.scheduling.slots import SlotProblem, When

CLOSED_SENTENCE = _("We're closed now. Choose when we should call you.")
GONE_SENTENCE = _("This time can no longer be chosen. Choose another one.")
TAKEN_SENTENCE = _("Somebody else has just taken this time. Choose another one.")

_OF_PROBLEM: dict[SlotProblem, Promise] = {SlotProblem.FULL: TAKEN_SENTENCE}


def time_of(
    widget: Widget,
    number: Number,
    when: When | datetime,
    now: datetime,
    *,
    besides: CallRequest | None = None,
    counts_places: bool = True,
) -> CallTime:
    """Return from when to when the call may be placed.

    `when` is a `When`, or the start of a time slot. `besides` is a request that is being moved: its
    own place counts as free. Without `counts_places`, a slot may be full: its places are
    counted when the request is written.

    Raises:
        Closed: the widget takes no requests outside its opening hours.
        Invalid: this time cannot be chosen at `now`, with a sentence for the field `when`.
    """
    if isinstance(when, datetime):
        return _time_of_slot(widget, number, when, now, besides, counts_places)
    periods = call_time.ahead(widget, str(number), now)
    if is_open := call_time.of_now(widget, periods, now):
        return is_open
    opening = call_time.of_opening(widget, periods, now)
    if opening is None or widget.when_closed in (WhenClosed.MESSAGE, WhenClosed.HIDE):
        raise Closed(opening.due_at if opening else None)
    if when is When.NOW:
        raise Invalid({"when": CLOSED_SENTENCE}, {"when": SlotProblem.CLOSED.value})
    return opening


def _time_of_slot(
    widget: Widget,
    number: Number,
    start: datetime,
    now: datetime,
    besides: CallRequest | None,
    counts_places: bool,
) -> CallTime:
    """Return the time of a slot.

    Whether it still has a place is asked again when the request is written, under the slot's lock.
    """
    if not widget.offers_slots:
        raise Invalid({"when": GONE_SENTENCE})
    zone = open_periods.zone_of(widget, str(number))
    if problem := slots.check_slot(
        widget, zone, start, now, besides=besides, counts_places=counts_places
    ):
        raise Invalid({"when": _OF_PROBLEM.get(problem, GONE_SENTENCE)}, {"when": problem.value})
    return CallTime.of_slot(slots.slot_of(widget, start))
