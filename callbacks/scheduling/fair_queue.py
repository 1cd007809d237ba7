"""Give each request its place in the queue, fairly between widgets.

Start-time fair queueing (Goyal, Vin and Cheng, 1996), where each call is one unit of service:

- A request joins the queue when it becomes due: one for now at once, one for a later time when that
  time has come. Housekeeping lets it join (`join`), and so does a worker that finds it first.
- A request that joins the queue gets a start tag, its `queue_position`: the virtual time, or the
  finish tag of its widget if that is later. The lowest position is served first.
- The finish tag of a widget is one more than its highest position among those that wait or were
  served. What left the queue unserved (cancelled, too late, blocked) gives its place back.
- The virtual time is the position of the attempt that began last. While none is under way it is
  the position that is served next; when nothing waits either, one more than the last. It never
  goes back: a request that was not due when its place came is served as if it had joined then.
- While a widget is closed, the others go on, and the virtual time with them. So at the opening, the
  requests that waited through the closing join anew, in the order in which they waited
  (`join_again`). With their old positions, all of them would be served before any other widget's.
- A request that is tried again (429, not sent) joins anew, behind its widget's other requests. Its
  attempt was a unit of service: it used the account's pace and a worker's time. A request that was
  held back right before the send keeps its position.

So a burst of requests of one widget lines up behind itself, whether they still wait or were served.
No widget takes another's share by asking again and again.
"""

from callbacks.core import clock, database, queries
from callbacks.core.statements import among
from callbacks.models import Attempt
from callbacks.scheduling.due import times

SQL = queries.load(__file__, "fair_queue.sql")
# The most requests that join at once, so that one statement does not hold up a claim for long.
BATCH = 500


def join() -> None:
    """Let the requests that became due join the queue, the earliest first, at most `BATCH`."""
    database.execute(SQL["join"](**times(), most=BATCH))


def join_again() -> None:
    """Let the requests that waited through a closing of their widget join the queue anew.

    How many of a widget's requests wait is bounded by its limits and its maximum wait, so that one
    statement can do it. A request that a worker claims at the same time keeps its position.
    """
    found = database.execute(SQL["waited"](now=clock.in_sql())).rows
    if widgets := [widget_id for (widget_id,) in found]:
        database.execute(SQL["join_again"](widgets=among(widgets, of="bigint")))


def next_position(widget_id: int) -> int:
    """Return the position of a request of this widget that joins the queue now.

    Two requests that join at the same moment may get the same position. The older row is served
    first then.
    """
    position: int = database.execute(SQL["next_position"](widget_id=widget_id)).rows[0][0]
    return position


def attempt_position(queue_position: int) -> int:
    """Return the position of an attempt that begins now, for a request at `queue_position`.

    It is never lower than that of the attempt that began last. `add_attempt` in
    `dispatch/claim.sql` applies the same rule.
    """
    latest = Attempt.objects.order_by("-id").values_list("queue_position", flat=True).first()
    return queue_position if latest is None else max(queue_position, latest)
