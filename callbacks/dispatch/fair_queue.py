"""Whose turn it is: a queue that is fair between widgets.

Start-time fair queueing (Goyal, Vin and Cheng, 1996), where each call is one unit of service:

- A request that joins the queue gets a start tag, its `turn`: the virtual time, or the finish tag
  of its widget if that is later. The lowest turn is served first.
- The finish tag of a widget is one more than its highest turn among those that wait or were
  served. What left the queue unserved (cancelled, too late, blocked) gives its place back.
- The virtual time is the turn of the attempt that was begun last. While none is under way it is
  the turn that is served next; when nothing waits either, one more than the last. It never goes
  back: a request that was not due when its turn came is served as if it had joined only then.
- A request that is tried again (429, not sent) joins anew, behind its widget's others: its attempt
  was a unit of service, of the account's pace and of a worker's time. One that was held back right
  before the send keeps its turn.

So the burst of one widget lines up behind itself, whether it is still waiting or served, and no
widget that asks again and again keeps another from its share.
"""

from callbacks.core import database
from callbacks.core.statements import Question, Statement, greatest

_LATEST = "COALESCE((SELECT turn FROM callbacks_attempt ORDER BY id DESC LIMIT 1), -1)"
# Ordered as the indexes are, which hold nothing but what waits or is under way.
_UNDER_WAY = (
    "SELECT 1 FROM callbacks_attempt WHERE outcome = 'pending' ORDER BY deadline_at LIMIT 1"
)
_NEXT = "SELECT turn FROM callbacks_callrequest WHERE status = 'queued' ORDER BY turn, id LIMIT 1"
_VIRTUAL_TIME = (
    f"CASE WHEN ({_UNDER_WAY}) IS NOT NULL THEN {_LATEST}"
    f" ELSE COALESCE(({_NEXT}), {_LATEST} + 1) END"
)
_WAITING = (
    "SELECT turn FROM callbacks_callrequest WHERE status = 'queued' AND widget_id = widget.id"
    " ORDER BY turn DESC LIMIT 1"
)
_SERVED = (
    "SELECT turn FROM callbacks_attempt WHERE widget_id = widget.id ORDER BY turn DESC LIMIT 1"
)


def next_position(widget_id: int) -> int:
    """The turn of a request that joins the queue now.

    Two that ask at the same moment may get the same turn; the older row is served first then.
    """
    turn: int = database.ask({"turn": question(widget_id)})["turn"]
    return turn


def question(widget_id: int) -> Question:
    """The same, to be asked among others or to be written with the request."""
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


def served(turn: int) -> Statement:
    """Return the turn of an attempt for a request with this `turn`, as a part of a statement: the
    virtual time from then on."""
    return Statement(f"{greatest()}(%s, {_LATEST})", (turn,))
