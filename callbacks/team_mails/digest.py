"""Send the daily summary of a widget's requests, at the time of day that each recipient chose.

The time is one of the widget's time zone. A summary that became due while housekeeping did not run
is sent once it runs again, and tells of everything since the last one.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, QuerySet

from callbacks.core import clock
from callbacks.models import (
    CallOutcome,
    CallRequest,
    Channel,
    MessageKind,
    OutboxMessage,
    Status,
    TeamMailEvent,
    TeamMailRecipient,
    Widget,
)
from callbacks.models.call_request import TEST_CALL, of_widget
from callbacks.notifications import outbox
from callbacks.team_mails import delivering, words

# The most that can lie between two summaries: a day of 25 hours.
LONGEST_WAIT = timedelta(hours=25)
# The recipients whose summary one look stores.
BATCH = 100
_EVENTS = {Status.FAILED: TeamMailEvent.FAILED, Status.UNCERTAIN: TeamMailEvent.UNCERTAIN}


def next_after(widget: Widget, at: time, now: datetime) -> datetime:
    """Return the first time after `now` at which it is `at` where the widget is.

    A time that is skipped when clocks change comes an hour later; of one that comes twice, this is
    the first.
    """
    zone = widget.shown_zone
    today = now.astimezone(zone).date()
    times = (datetime.combine(today + timedelta(days=days), at, zone) for days in (0, 1, 2))
    return next(one for one in (time.astimezone(now.tzinfo) for time in times) if one > now)


def set_times(widget: Widget, now: datetime) -> None:
    """Work out anew when the next summary of each recipient of the widget is due.

    Call it in the transaction that saved the widget, because its time zone may have changed. A
    summary that is due already stays due.
    """
    waiting = TeamMailRecipient.objects.filter(widget=widget, digest_due_at__gt=now)
    for recipient in waiting.select_for_update(no_key=True).order_by("pk"):
        recipient.digest_due_at = next_after(widget, recipient.digest_at, now)
        recipient.save(update_fields=["digest_due_at"])


def is_due(now: datetime) -> Q:
    """Return the condition for the recipients whose next summary is due."""
    return Q(digest_due_at__isnull=False) & ~clock.ahead("digest_due_at", now, LONGEST_WAIT)


def add_due() -> int:
    """Store a message for each summary that is due, once a day, and return how many.

    Whoever moves the time of the next one forward stores it. So of several processes, one does.
    """
    if not settings.MAIL_IS_SET:
        return 0
    now, added = clock.now(), 0
    due = TeamMailRecipient.objects.filter(is_due(now)).select_related("widget").order_by("pk")
    for recipient in due[:BATCH]:
        next_at = next_after(recipient.widget, recipient.digest_at, now)
        row = TeamMailRecipient.objects.filter(
            pk=recipient.pk, digest_due_at=recipient.digest_due_at
        )
        with transaction.atomic():
            if row.update(digest_due_at=next_at):
                outbox.add([_message(recipient)])
                added += 1
    return added


def _message(recipient: TeamMailRecipient) -> OutboxMessage:
    return OutboxMessage(
        kind=MessageKind.TEAM_DIGEST,
        channel=Channel.EMAIL,
        recipient=recipient.email_hash,
        team_recipient=recipient,
    )


def send(message: OutboxMessage) -> None:
    """Send the summary of what happened since the last one that was sent, until this message.

    Raises:
        outbox.Dropped: nothing happened, or the recipient has unsubscribed.
        outbox.NotSent: the mail server did not accept it.
    """
    found = TeamMailRecipient.objects.select_related("widget")
    recipient = found.filter(messages=message).first()
    if recipient is None:
        raise outbox.Dropped("unsubscribed")
    delivering.check(recipient)
    since, until = recipient.digested_until or recipient.created_at, message.created_at
    counts, problems = _counts(recipient.widget, since, until), _problems(recipient, since, until)
    described = list(problems[: words.MOST_DESCRIBED])
    rated = _ratings(recipient.widget, since, until)
    if not (counts or rated or described):
        _keep(recipient, until)
        raise outbox.Dropped("nothing_happened")
    told = [(_EVENTS[Status(one.status)], one) for one in described]
    more = problems.count() - len(told)
    delivering.deliver(
        recipient,
        lambda: words.of_digest(recipient, since, until, counts, rated, told, more),
        f"team-digest-{message.pk}",
    )
    _keep(recipient, until)


def _keep(recipient: TeamMailRecipient, until: datetime) -> None:
    """Store until when the recipient knows what happened, unless they know more by now."""
    row = TeamMailRecipient.objects.filter(pk=recipient.pk)
    row.filter(Q(digested_until=None) | Q(digested_until__lt=until)).update(digested_until=until)


def _of_visitors(widget: Widget) -> QuerySet[CallRequest]:
    """Return the requests of a widget and its topics, without test calls and erased ones."""
    found = CallRequest.objects.filter(of_widget(widget.pk), erased_at=None)
    return found.exclude(nonce__startswith=TEST_CALL)


def _counts(widget: Widget, since: datetime, until: datetime) -> Mapping[str, int]:
    """Return how many requests of this time have each status by now."""
    made = _of_visitors(widget).filter(created_at__gt=since, created_at__lte=until)
    return dict(made.order_by().values_list("status").annotate(Count("pk")))


def _ratings(widget: Widget, since: datetime, until: datetime) -> Mapping[str, int]:
    """Return how many outcomes of calls were reported in this time, by their rating."""
    reported = CallOutcome.objects.filter(
        received_at__gt=since,
        received_at__lte=until,
        call_request__in=_of_visitors(widget).order_by().values("pk"),
    )
    return dict(reported.exclude(status="").order_by().values_list("status").annotate(Count("pk")))


def _problems(
    recipient: TeamMailRecipient, since: datetime, until: datetime
) -> QuerySet[CallRequest]:
    """Return the requests that failed or became uncertain in this time and still are.

    The oldest comes first.
    """
    found = _of_visitors(recipient.widget).filter(
        status__in=list(_EVENTS), status_at__gt=since, status_at__lte=until
    )
    rows = found.select_related("widget").prefetch_related("outcomes")
    return rows.order_by("status_at", "pk")
