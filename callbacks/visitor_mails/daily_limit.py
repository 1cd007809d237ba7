"""At most three emails a day to one address, from all widgets together.

The messages themselves are counted, by the keyed hash of the address: a counter could differ from
them.
"""

from datetime import timedelta

from django.db import transaction

from callbacks.core import clock, database
from callbacks.models import MessageKind, MessageState, OutboxMessage

MOST = 3
WINDOW = timedelta(days=1)


def admit(message: OutboxMessage) -> bool:
    """Return whether the message may be sent today; it then counts from now on.

    A message that is tried again counts once. Of two that are sent at the same moment, the second
    one waits here until the first one counts.
    """
    if message.admitted_at is not None:
        return True
    with transaction.atomic():
        now = database.lock([f"mail:{message.recipient}"])
        counted = OutboxMessage.objects.filter(
            kind=MessageKind.VISITOR_MAIL,
            recipient=message.recipient,
            admitted_at__gt=now - WINDOW,
            admitted_at__lte=now + clock.SLACK,
        ).exclude(state=MessageState.FAILED)
        if counted.count() >= MOST:
            return False
        OutboxMessage.objects.filter(pk=message.pk).update(admitted_at=now)
    message.admitted_at = now
    return True
