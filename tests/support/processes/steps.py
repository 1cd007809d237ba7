"""List the steps of intake and dispatch at which a process may die, in order."""

from dataclasses import dataclass

PLACE = "callbacks.dispatch.place_call"
RECORD = "callbacks.dispatch.record"
START_CALL = "callbacks.call_api.client:CallApi.start_call"
EXCHANGE = "callbacks.call_api.connection:Exchange"
SEND = "http.client:HTTPConnection.send"


@dataclass(frozen=True)
class Step:
    """Where to die.

    `at` is a function, as `package.module:name`. `when` is on its entry or exit, or before, during
    or after the next commit from its entry on. `count` is which call of it, `within` the function
    from whose entry the calls are counted. A message of several statements is a commit too, and so
    is one that ends with COMMIT. During a commit means: PostgreSQL has received it and has not
    answered. SQLite commits in this process, so there it is after the commit. `during_message`
    means: during the next message to PostgreSQL from its entry on; on SQLite, on its entry.
    """

    name: str
    at: str
    when: str
    count: int = 1
    within: str = ""

    def __str__(self) -> str:
        return self.name


def _commits(name: str, at: str) -> list[Step]:
    return [Step(f"{when} the commit of {name}", at, f"{when}_commit") for when in _WHEN]


_WHEN = ("before", "during", "after")

BEFORE_ACCEPTED, DURING_ACCEPTED, AFTER_ACCEPTED = _commits(
    "the request", "callbacks.intake.write:write"
)
BEFORE_CLAIMED, DURING_CLAIMED, AFTER_CLAIMED = _commits("the claim", f"{PLACE}:claim_next")
BEFORE_CLAIMED_AT_ONCE, DURING_CLAIMED_AT_ONCE, AFTER_CLAIMED_AT_ONCE = _commits(
    "the claim at once", f"{PLACE}:claim_at_once"
)
BEFORE_RECORDED, DURING_RECORDED, AFTER_RECORDED = _commits("the acceptance", f"{RECORD}:accepted")
BEFORE_PUT_OFF, DURING_PUT_OFF, AFTER_PUT_OFF = _commits(
    "the putting off", f"{RECORD}:not_accepted"
)
BEFORE_NO_TOKEN, _, AFTER_NO_TOKEN = _commits("the missing token", f"{RECORD}:no_token")
BEFORE_RETRIED, _, AFTER_RETRIED = _commits(
    "the retry", "callbacks.lifecycle.retrying:transitions.transition"
)
BEFORE_MOVED, DURING_MOVED, AFTER_MOVED = _commits(
    "the new time", "callbacks.intake.rescheduling:transitions.transition"
)
BEFORE_NEW_HOURS, DURING_NEW_HOURS, AFTER_NEW_HOURS = _commits(
    "the new hours", "callbacks.widget_changes.widget_store:save"
)

BEFORE_EMAIL, AFTER_EMAIL = (
    Step(f"{name} the email was sent", "callbacks.notifications.mail:deliver", when)
    for name, when in (("before", "entry"), ("after", "exit"))
)

NOT_YET_ACCEPTED = [
    Step("before all is asked", "callbacks.intake.facts:ask", "entry"),
    Step("before the row", "callbacks.intake.write:write", "entry"),
    BEFORE_ACCEPTED,
]
ACCEPTED = [
    AFTER_ACCEPTED,
    Step("before the wake-up", "callbacks.worker.tasks:notify_workers", "entry"),
    Step("after the wake-up", "callbacks.worker.tasks:notify_workers", "exit"),
]

NOT_YET_CLAIMED = [
    Step("before the token", "callbacks.call_api.client:CallApi.ensure_token", "entry"),
    Step("before the claim", f"{PLACE}:claim_next", "entry"),
    Step("with the row picked", "callbacks.dispatch.claim:pick", "exit"),
    BEFORE_CLAIMED,
]
# With a token at hand.
NOT_YET_CLAIMED_AT_ONCE = [
    Step("before it asks and chooses", f"{PLACE}:claim_at_once", "entry"),
    Step("while it asks and chooses", f"{PLACE}:claim_at_once", "during_message"),
    Step("with the row picked at once", "callbacks.dispatch.claim:pick", "exit"),
    BEFORE_CLAIMED_AT_ONCE,
]
# On PostgreSQL, while the claim is committed.
CONNECTING_EARLY = [
    Step("before it connects early", f"{EXCHANGE}.open_early", "entry"),
    Step("connected early", f"{EXCHANGE}.open_early", "exit"),
]
CLAIMED_NOT_SENT = [
    AFTER_CLAIMED,
    Step("before the call", START_CALL, "entry"),
    Step("connected", f"{EXCHANGE}.open", "exit", within=START_CALL),
    Step("after the last look", f"{EXCHANGE}.begin_sending", "exit", within=START_CALL),
]
SENT_NOT_RECORDED = [
    Step("with the request sent", SEND, "exit", within=START_CALL),
    Step("with the answer read", START_CALL, "exit"),
    Step("before the record", f"{RECORD}:accepted", "entry"),
    BEFORE_RECORDED,
]
RECORDED = [
    AFTER_RECORDED,
    Step("before the circuit is told", f"{PLACE}:circuit_breaker.record_success", "entry"),
]

NOT_YET_IN_THE_QUEUE = [
    Step("before housekeeping asks", "callbacks.worker.housekeeping:ask", "entry"),
    Step("before it joins the queue", "callbacks.scheduling.fair_queue:join", "entry"),
]
IN_THE_QUEUE = [
    Step("in the queue", "callbacks.scheduling.fair_queue:join", "exit"),
    Step("before a worker is woken", "callbacks.worker.tasks:notify_workers", "entry"),
]
HOURS_NOT_YET_NEW = [
    Step("before the new hours", "callbacks.scheduling.open_periods:replace", "entry"),
    Step(
        "with the old periods deleted",
        "django.db.models.query:QuerySet.bulk_create",
        "entry",
        within="callbacks.scheduling.open_periods:replace",
    ),
    BEFORE_NEW_HOURS,
]
NEW_TIMES = [
    Step("before the new times", "callbacks.lifecycle.hours_changed:keep_up", "entry"),
    Step("with some new times", "callbacks.lifecycle.hours_changed:_adjust", "exit"),
    Step("with all new times", "callbacks.lifecycle.hours_changed:keep_up", "exit"),
]
