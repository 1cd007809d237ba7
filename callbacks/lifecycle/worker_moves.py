"""Make the moves of a call by SQL of their own, in one message with what goes before them.

`claim` begins a call, and `transition` makes the moves that end it. They obey the table in
`transitions`, and compare the same columns as `transitions.transition`, which makes all other
moves. A test compares the two on every kind of row.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from callbacks.core import clock, database
from callbacks.core.queries import Query, Together
from callbacks.core.statements import Statement
from callbacks.lifecycle.transitions import CLAIM, Move, check
from callbacks.models import Actor, CallRequest, Reason
from callbacks.team_mails import events as team_mails
from callbacks.webhooks import events

# The request, its attempt and its move. If one were missing, nothing would be sent.
ROWS_OF_A_CLAIM = 3


class Queries(NamedTuple):
    """The two statements of a move. Both state every condition of the move.

    A claim is different (see `claim_statements`). The conditions are: the status that the move
    starts from, `%(attempts_in_hand)s`, no erasure, and the facts that the move rests on.
    """

    # Adds the row to `Move`, and locks the request.
    add_move: Query
    # Writes the request. Its parameters have the names of the columns.
    update: Query


def transition(
    call_request: CallRequest,
    move: Move,
    queries: Queries,
    *,
    at: datetime | None = None,
    reason: Reason | str = "",
    facts: Mapping[str, object] | None = None,
    run_first: Sequence[Statement] = (),
    run_with: Sequence[Statement] = (),
    **changes: Any,
) -> bool:
    """Make a worker's `move` and write `changes`, if the row is still as `call_request` shows it.

    Args:
        call_request: the request as it was read.
        move: the move to make.
        queries: its statements.
        at: when the move is made; by default when the database receives the message.
        reason: stored with the new status and in the history.
        facts: further parameters of the conditions, in both statements.
        run_first: statements executed before the move, in the same message. They are executed even
            if the move cannot be made.
        run_with: statements executed after the row of the history was added, and before the request
            is written. They must state the conditions of the move themselves.
        changes: further columns of the same row and their new values.

    Return True if the move was made; `call_request` then shows the new row. Return False if the
    row has changed since it was read; nothing but `run_first` was then executed.

    Raises:
        NotAllowed: the move may not start from this status, or workers may not make it.
        TypeError: a statement has no place for one of the values, or lacks one.
    """
    check(call_request, move, Actor.WORKER)
    moment = at or clock.in_sql()
    in_hand = (call_request.pk, call_request.status, call_request.attempts_made)
    both = {
        "id": call_request.pk,
        "attempts_in_hand": call_request.attempts_made,
        "at": moment,
        "to_status": move.target,
        "reason": reason,
        **(facts or {}),
    }
    statements = [
        queries.add_move(**both, name=move.name),
        *events.of_move(move.name, *in_hand, moment),
        *team_mails.of_move(move.name, *in_hand, moment),
        *run_with,
        queries.update(**both, **changes),
    ]
    if not database.run([*run_first, *statements])[-1].rowcount:
        return False
    for name, value in {**changes, "status": move.target, "reason": reason}.items():
        setattr(call_request, name, value)
    if at is None:  # only the database knows the time: Django reads it on first use
        call_request.__dict__.pop("status_at", None)
    else:
        call_request.status_at = at
    return True


def claim_statements(
    call_request: CallRequest, queries: Together, *, at: datetime, **facts: object
) -> list[Statement]:
    """Return the statements of the move `CLAIM`: write the request, add the attempt and the move.

    The first one alone states the conditions; the others ask for the request as it wrote it. Each
    returns a row. `facts` are further parameters; the other arguments are as for `transition`.
    """
    check(call_request, CLAIM, Actor.WORKER)
    return queries(
        id=call_request.pk,
        at=at,
        attempts_in_hand=call_request.attempts_made,
        attempts_made=call_request.attempts_made + 1,
        name=CLAIM.name,
        to_status=CLAIM.target,
        **facts,
    )


def claim(
    call_request: CallRequest,
    statements: Sequence[Statement],
    *,
    at: datetime,
    afterwards: Statement,
    meanwhile: database.Meanwhile | None = None,
) -> Sequence[database.Done] | None:
    """Make the move `CLAIM` by its statements, and commit it in the same message.

    The caller has locked the request, and its transaction ends here, whatever is returned.
    `afterwards` and `meanwhile`: see `database.run`.

    Return None if the move could not be made, or was not written whole: then nothing may be sent,
    and housekeeping makes the request uncertain. Otherwise return the results of `afterwards`, none
    if it was not executed or failed.
    """
    done = database.run(statements, is_last=True, afterwards=[afterwards], meanwhile=meanwhile)
    written, looked = done[: len(statements)], done[len(statements) :]
    if sum(len(each.rows) for each in written) != ROWS_OF_A_CLAIM:
        return None
    call_request.status, call_request.reason = CLAIM.target, ""
    call_request.status_at = at
    call_request.attempts_made += 1
    return looked
