"""The free time slots of a request's widget, as the choices of a field."""

from callbacks.models import CallRequest
from callbacks.public.form import times_to_choose
from callbacks.scheduling import offer

type Choices = list[tuple[str, list[tuple[str, str]]]]


def by_day(call_request: CallRequest) -> Choices:
    """Return the slots that can be chosen for this person, by day, in the widget's time zone.

    Each is a value (the start in RFC 3339, UTC) and a label.
    """
    widget = call_request.widget
    if not widget.offers_slots or not call_request.number:
        return []
    offered = offer.of(widget, number=str(call_request.number), all_days=True)
    times = times_to_choose.of(widget, offered)
    return [
        (day.label, [(slot.value, f"{day.short}, {slot.label}") for slot in day.choices])
        for day in (times.days if times else ())
    ]
