"""Give each request its place in the queue, fairly between widgets.

Start-time fair queueing (Goyal, Vin and Cheng, 1996), where each call is one unit of service:

- A request that joins the queue gets a start tag, its `queue_position`: the virtual time, or the
  finish tag of its widget if that is later. The lowest position is served first.
- The finish tag of a widget is one more than its highest position among those that wait or were
  served. What left the queue unserved (cancelled, too late, blocked) gives its place back.
- The virtual time is the position of the attempt that began last. While none is under way it is
  the position that is served next; when nothing waits either, one more than the last. It never
  goes back: a request that was not due when its place came is served as if it had joined then.
- A request that is tried again (429, not sent) joins anew, behind its widget's other requests. Its
  attempt was a unit of service: it used the account's pace and a worker's time. A request that was
  held back right before the send keeps its position.

So a burst of requests of one widget lines up behind itself, whether they still wait or were served.
No widget takes another's share by asking again and again.
"""

from callbacks.core import database
from callbacks.core.statements import Question, Statement, greatest

_LATEST = "COALESCE((SELECT queue_position FROM callbacks_attempt ORDER BY id DESC LIMIT 1), -1)"
# Each query sorts in the order of a partial index that holds only the rows that it looks for.
_UNDER_WAY = (
    "SELECT 1 FROM callbacks_attempt WHERE outcome = 'pending' ORDER BY deadline_at LIMIT 1"
)
_NEXT = (
    "SELECT queue_position FROM callbacks_callrequest WHERE status = 'queued'"
    " ORDER BY queue_position, id LIMIT 1"
)
_VIRTUAL_TIME = (
    f"CASE WHEN ({_UNDER_WAY}) IS NOT NULL THEN {_LATEST}"
    f" ELSE COALESCE(({_NEXT}), {_LATEST} + 1) END"
)
_WAITING = (
    "SELECT queue_position FROM callbacks_callrequest"
    " WHERE status = 'queued' AND widget_id = widget.id ORDER BY queue_position DESC LIMIT 1"
)
_SERVED = (
    "SELECT queue_position FROM callbacks_attempt WHERE widget_id = widget.id"
    " ORDER BY queue_position DESC LIMIT 1"
)


def next_position(widget_id: int) -> int:
    """Return the position of a request of this widget that joins the queue now.

    Two requests that join at the same moment may get the same position. The older row is served
    first then.
    """
    position: int = database.ask({"position": question(widget_id)})["position"]
    return position


def question(widget_id: int) -> Question:
    """Return the query behind `next_position`.

    It can be asked together with other questions, or be written as a value of a new request.
    """
    tags = (
        _LATEST,
        _VIRTUAL_TIME,
        f"COALESCE(({_WAITING}) + 1, 0)",
        f"COALESCE(({_SERVED}) + 1, 0)",
    )
    return Question(
        f"SELECT {greatest()}({', '.join(tags)}) FROM callbacks_widget AS widget"
        " WHERE widget.id = %s",
        (widget_id,),
    )


def served(queue_position: int) -> Statement:
    """Return the position of an attempt for a request at `queue_position`, as part of a statement.

    From then on, this position is the virtual time.
    """
    return Statement(f"{greatest()}(%s, {_LATEST})", (queue_position,))
