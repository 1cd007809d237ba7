"""Claim the next due request for this worker, and commit the claim before anything is sent."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction

from callbacks.abuse import block_list
from callbacks.core import boot_clock, clock, crypto, database
from callbacks.core.queries import Query, Together
from callbacks.core.statements import Statement, from_row, is_postgresql, numbers
from callbacks.dispatch import begin_attempt, circuit_breaker, last_look
from callbacks.dispatch.begin_attempt import Connect
from callbacks.dispatch.claimed import Blocked, Claim
from callbacks.dispatch.rehearsal import Rehearsal
from callbacks.lifecycle import transitions
from callbacks.models import Actor, AlertKind, CallRequest, Reason, Status, Widget
from callbacks.notifications import alerts
from callbacks.scheduling import pacing
from callbacks.scheduling.due import due, times
from callbacks.scheduling.pacing import Paced

SQL = begin_attempt.SQL
# PostgreSQL keeps these statements as functions.
FUNCTIONS: Sequence[Query | Together] = (
    *(query for query in SQL.values() if query not in begin_attempt.CLAIM.parts),
    begin_attempt.CLAIM,
    *last_look.SQL.values(),
)
# The columns that `next_due` selects, after those of `_Looked`.
_OF_REQUEST = (
    *("id", "public_id", "widget_id", "status", "attempts_made", "put_off_count"),
    *("queue_position", "erased_at", "number", "email", "bot_email", "address"),
    *("retried_by_id", "patience_until", "sends_since_asked"),
)
_OF_WIDGET = ("id", "originate", "calls_per_minute", "simultaneous_calls", "call_seconds")


class Work(NamedTuple):
    """Whether there is work, and whether it may be done.

    `is_due`: a request in the queue is due. `may_join`: a request became due and has not joined the
    queue yet. `failures`: the number of failures in a row so far; None if anything holds calls
    back. Then ask `circuit_breaker.request_permission` what may be done.
    """

    is_due: bool
    may_join: bool
    failures: int | None


class _Looked(NamedTuple):
    """What `next_due` saw under the lock of pacing, besides the request.

    `at`: when, by the database's clock; see `clock.read`. `shut`: 1 if calls were stopped or
    paused. `has_blocks`: 1 if the block list is not empty. `started`: the calls of the account in
    its window.
    """

    at: datetime | None
    shut: int | None
    has_blocks: int | None
    started: int


def ask() -> Work:
    """Return whether there is work."""
    return _work(database.first_question(_question()))


def _question(key: int | None = None) -> Statement:
    """Return the statement that asks for work; with `key`, it also locks the pace."""
    furthest = circuit_breaker.LONGEST_QUIET + clock.SLACK
    return SQL["ask"](
        **times(),
        furthest_quiet=clock.in_sql(ago=-furthest),
        is_account_paced=bool(pacing.account_pacing()),
        key=key,
    )


def _work(asked: database.Done) -> Work:
    """Return what `_question` was answered with."""
    [(is_due, may_join, failures, _locked)] = asked.rows
    return Work(bool(is_due), bool(may_join), failures)


def next_due(full: Sequence[int] = (), *, is_probe: bool = False) -> Statement:
    """Return the statement that finds and locks the next due request outside the widgets `full`.

    `read` turns its row into a request. The row also says whether calls are held back (`_Looked`).
    With `is_probe`, an open circuit does not hold this call back.
    """
    windows = pacing.windows(pacing.account_pacing(), Paced.ACCOUNT)
    return SQL["next_due"](**times() | windows, full=numbers(full), is_probe=is_probe)


def read(found: database.Done) -> CallRequest | None:
    """Return the request that `next_due` found, or None.

    Columns that it left out are read when they are asked for.
    """
    [row] = found.rows
    row = row[len(_Looked._fields) :]
    if row[0] is None:
        return None
    call_request = from_row(CallRequest, _OF_REQUEST, row[: len(_OF_REQUEST)])
    call_request.widget = from_row(Widget, _OF_WIDGET, row[len(_OF_REQUEST) :])
    return call_request


def first_due(full: Sequence[int] = ()) -> CallRequest | None:
    """Return the request that `next_due` finds, without locking it."""
    others = due(clock.now()).exclude(widget_id__in=full)
    return others.select_related("widget").first()


def pick(candidate: CallRequest | None, *, lock: bool = False) -> CallRequest | None:
    """Return the first due request whose widget's pace has room for another call, or None.

    `candidate` is the first due request of all; None if there is none. The caller checks the
    account's pace. With `lock`, inside a transaction, the request is locked, and requests that
    others are claiming are skipped.
    """
    full: list[int] = []
    while candidate is not None:
        limits = pacing.widget_pacing(candidate.widget)
        if not limits:
            break
        windows = pacing.windows(limits, Paced.WIDGET, Paced.ONGOING)
        found = database.execute(SQL["calls_of_widget"](widget_id=candidate.widget_id, **windows))
        [(started, ongoing)] = found.rows
        counted = {Paced.WIDGET: started, Paced.ONGOING: ongoing}
        if all(limit.room(counted[limit.what]) for limit in limits):
            break
        full.append(candidate.widget_id)
        candidate = read(database.execute(next_due(full))) if lock else first_due(full)
    return candidate


def claim_at_once(
    attempt_seconds: float, connect: Connect | None = None
) -> tuple[Work, Claim | Blocked | None]:
    """Ask, and claim the next due request if calls may be placed: one message less.

    Call it as the first use of the database in a task, and only if a token is at hand, because
    nothing may be waited for in between. Return the answer, and what `claim_next` returns; None if
    the answer says that something else has to be done first. If nothing is due, this locks nothing.

    On SQLite, a transaction locks out all others who write. So there it only asks.
    """
    if not is_postgresql():
        return ask(), None
    begun = boot_clock.now()

    def go_on(found: list[database.Done]) -> tuple[Work, Claim | Blocked | None]:
        work = _work(found[0])
        if not work.is_due or work.may_join or work.failures is None:
            return work, None
        _rehearsal.done()
        return work, _claim(found, begun, attempt_seconds, connect)

    return database.run_first(_first_message(is_probe=False), go_on, _rehearsal)


def claim_next(
    decision: circuit_breaker.Decision, attempt_seconds: float, connect: Connect | None = None
) -> Claim | Blocked | None:
    """Claim the next due request, and commit.

    `decision` is the circuit breaker's answer. `attempt_seconds` is how long an attempt may take.
    `connect`: see `Connect`.

    Return `Blocked` if the next request was cancelled, because its number is on the block list by
    now, or set aside, because no key decrypts it. Return None if nothing is due, if pacing leaves
    no room, if calls were stopped or paused meanwhile, or if another worker was faster.
    """
    begun = boot_clock.now()
    is_probe = decision.permission is circuit_breaker.Permission.PROBE
    with transaction.atomic():
        found = database.run(_first_message(is_probe=is_probe))
        return _claim(found, begun, attempt_seconds, connect)


def _first_message(*, is_probe: bool) -> Sequence[Statement]:
    """Return the statements that a claim begins with. All together, they lock the pace first."""
    if not is_postgresql() or clock.is_set():  # their times are values
        return _built_first_message(is_probe)
    settled = (settings.PACE_CALLS, settings.PACE_SECONDS, connection.functions)  # type: ignore[attr-defined]
    return _kept_first_message(is_probe, *settled)


@lru_cache(maxsize=4)
def _kept_first_message(is_probe: bool, *_settled: object) -> Sequence[Statement]:
    """Return the statements from memory: the same ones for each call while the settings stay."""
    return [database.as_text(statement) for statement in _built_first_message(is_probe)]


def _built_first_message(is_probe: bool) -> Sequence[Statement]:
    """Build the statements."""
    # On SQLite there is no such lock: its transactions wait for each other anyway.
    key = next(iter(database.lock_numbers(["pace"])), None)
    return (_question(key), next_due(is_probe=is_probe))


def _claim(
    found: Sequence[database.Done], begun: float, attempt_seconds: float, connect: Connect | None
) -> Claim | Blocked | None:
    """Claim the request that the statements of `_first_message` found, and commit.

    Call it inside their transaction, which ends here. Return as `claim_next` does.
    """
    asked, first = found
    [(*_work, locked)] = asked.rows
    looked = _Looked(*first.rows[0][: len(_Looked._fields)])
    account = pacing.account_pacing()
    if looked.shut or any(limit.room(looked.started) == 0 for limit in account):
        return None
    call_request = pick(read(first), lock=True)
    if call_request is None:
        return None
    is_counted = locked is not None or not is_postgresql()
    if not is_counted and (account or pacing.widget_pacing(call_request.widget)):
        return None  # it became due, or got a pace, at this very moment: the next claim locks
    now = clock.read(looked.at)
    if crypto.is_unreadable(call_request.number, call_request.email):
        if transitions.transition(
            call_request, transitions.SET_ASIDE, Actor.WORKER, reason=Reason.UNREADABLE
        ):
            alerts.raise_once(AlertKind.UNREADABLE)
        return Blocked(call_request)
    who = {
        "number": call_request.number,
        "email": call_request.email,
        "address": call_request.address,
    }
    if looked.has_blocks and block_list.is_blocked(**who):
        transitions.transition(
            call_request, transitions.CANCEL, Actor.WORKER, reason=Reason.BLOCKED
        )
        return Blocked(call_request)
    return begin_attempt.begin(call_request, now, begun, attempt_seconds, connect)


def _rehearse() -> None:
    """Read an example and build its message, as a claim does."""
    if call_request := read(example()):
        begin_attempt.rehearse(call_request)


_rehearsal = Rehearsal(_rehearse)


@lru_cache(maxsize=1)
def example() -> database.Done:
    """Return what `next_due` might find. It is never written, and nobody is called."""
    number, email = crypto.encrypt("+33612345678"), crypto.encrypt("jo@example.fr")
    looked = _Looked(None, None, None, 0)
    request = (0, "", 0, Status.QUEUED, 0, 0, 0, None, number, email, "", "", None, None, 0)
    return database.Done(1, [(*looked, *request, 0, "example", 0, 0, 0)])
