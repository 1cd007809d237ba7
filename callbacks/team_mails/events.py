"""Store emails to the team with the change that they tell of.

The statements go into the message that makes the change, as those of webhooks do. Without a mail
server (`MAIL_IS_SET`), nothing is asked of the database.
"""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings

from callbacks.core import queries
from callbacks.core.statements import Statement
from callbacks.models import Status, TeamMailEvent

SQL = queries.load(__file__, "team_mails.sql")

# The event of each move that has one, by the name of the move (`lifecycle.transitions`).
EVENTS: Mapping[str, TeamMailEvent] = {
    "refuse": TeamMailEvent.FAILED,
    "expire": TeamMailEvent.FAILED,
    "expire_closed": TeamMailEvent.FAILED,
    "mark_uncertain": TeamMailEvent.UNCERTAIN,
    "set_aside": TeamMailEvent.UNCERTAIN,
    "hold": TeamMailEvent.UNCERTAIN,
}


def of_form(public_id: str) -> list[Statement]:
    """Return the statement that tells of a new request, once that is added, in a list.

    The list is empty if no email can be sent.
    """
    return [SQL["add_for_form"](public_id=public_id)] if settings.MAIL_IS_SET else []


def of_move(
    move: str, pk: int, status: Status | str, attempts_made: int, at: datetime | Statement
) -> list[Statement]:
    """Return the statement that tells of a move, in a list; an empty list if no email tells of it.

    `status` and `attempts_made` are those of the row when the statement is executed.
    """
    if move not in EVENTS or not settings.MAIL_IS_SET:
        return []
    return [
        SQL["add_for_request"](
            event=EVENTS[move], id=pk, status=str(status), attempts_made=attempts_made, at=at
        )
    ]
