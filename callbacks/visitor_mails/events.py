"""Store an email to the visitor with the change that it tells of.

Without a mail server (`MAIL_IS_SET`), nothing is asked of the database. The statement itself looks
whether the widget sends emails to visitors, and does nothing otherwise.
"""

from collections.abc import Mapping

from django.conf import settings

from callbacks.core import clock, database, queries
from callbacks.core.statements import Statement
from callbacks.models import Actor, CallRequest, MailEvent, Status, Widget

SQL = queries.load(__file__, "visitor_mails.sql")
_OF_MOVE = {
    "expire": MailEvent.FAILED,
    "expire_closed": MailEvent.FAILED,
    "refuse": MailEvent.FAILED,
    "reschedule": MailEvent.MOVED,
    "confirm": MailEvent.CONFIRMED,
    # Not `hold`: a restored copy may be old, and staff decide about what it holds. Not `set_aside`:
    # the email cannot be decrypted.
    "mark_uncertain": MailEvent.UNCERTAIN,
}


def is_wanted(widget: Widget) -> bool:
    """Return whether emails are sent to the visitors of this widget."""
    return bool(settings.MAIL_IS_SET and widget.mails_visitors)


def of_new_request(call_request: CallRequest) -> list[Statement]:
    """Return the statement that stores the confirmation of a new request, in a list.

    It is executed together with the one that writes the request. The list is empty if no email is
    sent.
    """
    if not is_wanted(call_request.widget) or not call_request.email:
        return []
    return [_add(MailEvent.ASKED, "call_request.public_id = %s", call_request.public_id)]


def of_call(call_request: CallRequest, event: MailEvent) -> list[Statement]:
    """Return the statement that stores what became of a call, in a list.

    It is executed before the statement that ends the call, and on the same conditions.
    """
    if not settings.MAIL_IS_SET:
        return []
    which = "call_request.id = %s AND call_request.status = %s AND call_request.attempts_made = %s"
    in_hand = (call_request.pk, Status.CALLING, call_request.attempts_made)
    return [_add(event, which, *in_hand)]


def add_after(
    call_request: CallRequest, move: str, actor: Actor, changes: Mapping[str, object]
) -> None:
    """Store the email that tells of a move, if there is one.

    Call it in the transaction of the move, once the request is written. `call_request` is the
    request as it was read, and `changes` are the columns that were written.
    """
    event = event_of(call_request, move, actor, changes) if settings.MAIL_IS_SET else None
    if event is not None:
        database.execute(_add(event, "call_request.id = %s", call_request.pk))


def event_of(
    call_request: CallRequest, move: str, actor: Actor, changes: Mapping[str, object]
) -> MailEvent | None:
    """Return what an email tells of this move, or None if the visitor needs none.

    Visitors who cancel a call for now know it. One who cancels a booking gets the file that removes
    it from their calendar.
    """
    if move == "cancel":
        by_company = actor in {Actor.STAFF, Actor.API_KEY}
        by_visitor = actor == Actor.VISITOR and call_request.slot_start is not None
        return MailEvent.CANCELLED if by_company or by_visitor else None
    if move == "retry":  # the phone rings now, or later
        return MailEvent.CONFIRMED if changes.get("is_scheduled") else None
    return _OF_MOVE.get(move)


def _add(event: MailEvent, which: str, *parameters: object) -> Statement:
    return SQL["add_message"](event=event, at=clock.in_sql(), which=Statement(which, parameters))
