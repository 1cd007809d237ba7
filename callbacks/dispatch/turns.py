"""Whose turn it is: a queue that is fair between widgets.

Start-time fair queueing (Goyal, Vin and Cheng, 1996): each request gets a virtual time when it
joins, one more than the last waiting request of its widget, but never earlier than the turn that
was served last. The lowest turn is served first. So the burst of one widget lines up behind
itself, and another's first request stands in front of nearly all of it.
"""

from callbacks import db
from callbacks.sql import Question, greatest

_SERVED = "SELECT turn FROM callbacks_attempt ORDER BY id DESC LIMIT 1"
_BEHIND_ITS_OWN = (
    "SELECT turn + 1 FROM callbacks_callrequest WHERE status = 'queued' AND widget_id = %s"
    " ORDER BY turn DESC LIMIT 1"
)


def next_turn(widget_id: int) -> int:
    """The turn of a request that joins the queue now.

    Two that ask at the same moment may get the same turn; the older row is served first then.
    """
    turn: int = db.ask({"turn": question(widget_id)})["turn"]
    return turn


def question(widget_id: int) -> Question:
    """The same, to be asked among others."""
    later = f"{greatest()}(COALESCE(({_SERVED}), 0), COALESCE(({_BEHIND_ITS_OWN}), 0))"
    return Question(f"SELECT {later}", (widget_id,))
