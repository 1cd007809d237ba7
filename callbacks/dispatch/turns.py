"""Whose turn it is: a queue that is fair between widgets.

Start-time fair queueing (Goyal, Vin and Cheng, 1996): each request gets a virtual time when it
joins, one more than the last waiting request of its widget, but never earlier than the turn that
was served last. The lowest turn is served first. So the burst of one widget lines up behind
itself, and another's first request stands in front of nearly all of it.
"""

from callbacks.models import Attempt, CallRequest, Status


def next_turn(widget_id: int) -> int:
    """The turn of a request that joins the queue now.

    Two that ask at the same moment may get the same turn; the older row is served first then.
    """
    served = Attempt.objects.order_by("-pk").values_list("turn", flat=True).first() or 0
    last_in_line = (
        CallRequest.objects.filter(widget_id=widget_id, status=Status.QUEUED)
        .order_by("-turn")
        .values_list("turn", flat=True)
        .first()
    )
    return served if last_in_line is None else max(served, last_in_line + 1)
