"""Call a visitor again whose phone did not ring: a new request with the same details, by one click.

The click gives a consent of its own, and the request passes the checks of a form. Only the limit of
5 minutes allows one more. Its nonce follows from that of the first request. So there is one such
request for each request, however often the button is pressed.
"""

import hashlib
import hmac
from datetime import datetime, timedelta

from django.db import transaction

from callbacks.abuse import limits, next_request
from callbacks.consent import texts as consent_texts
from callbacks.core import crypto, database
from callbacks.dispatch import call_switch
from callbacks.intake import accept
from callbacks.intake.errors import Refused
from callbacks.intake.submission import ChosenTopic, Submission, VisitSource
from callbacks.lifecycle.actions import withdrawn
from callbacks.models import CallRequest, Reason, Status
from callbacks.scheduling import call_time, pauses
from callbacks.widgets import answers

# Until then, the phone may still start to ring.
OFFERED_AFTER = timedelta(minutes=1)
OFFERED_UNTIL = timedelta(minutes=10)


class NotOffered(Refused):
    """The visitor cannot be called again by one click, or no longer."""


def nonce_of(earlier: CallRequest) -> str:
    """Return the nonce of the request that follows from this one: 64 hexadecimal digits."""
    return hmac.new(earlier.nonce.encode(), __name__.encode(), hashlib.sha256).hexdigest()


def following(earlier: CallRequest) -> CallRequest | None:
    """Return the request that has followed from this one, or None."""
    return CallRequest.objects.filter(nonce=nonce_of(earlier)).first()


def may_come(call_request: CallRequest) -> bool:
    """Return whether the click may be offered now or later, as far as the row itself says."""
    takers = [one for one in (call_request.widget, call_request.offered_by) if one]
    return (
        call_request.erased_at is None
        and bool(call_request.number)
        and not crypto.is_unreadable(call_request.number, call_request.email)
        and (call_request.status in {Status.QUEUED, Status.CALLING} or _is_called(call_request))
        and all(one.is_active and not pauses.lasts(one) for one in takers)
    )


def next_change(call_request: CallRequest, now: datetime) -> datetime | None:
    """Return when the click is offered, or no longer offered; None if it is not in its time."""
    if not may_come(call_request) or not _is_called(call_request):
        return None
    times = [call_request.status_at + time for time in (OFFERED_AFTER, OFFERED_UNTIL)]
    return next((time for time in times if now < time <= now + OFFERED_UNTIL), None)


def is_offered(call_request: CallRequest, now: datetime) -> bool:
    """Return whether the visitor may be called again by one click at `now`."""
    return (
        _may_come_now(call_request, now)
        and following(call_request) is None
        and next_request.another_from(call_request.number, now, one_more=True) is None
    )


def call_again(
    earlier: CallRequest,
    *,
    consent_text: str,
    restore_mark: str,
    address: str,
    is_sender: bool,
) -> CallRequest:
    """Accept a new request with the details of `earlier`; return it, or the one that exists.

    Args:
        earlier: the request that was called.
        consent_text: what the visitor has agreed to by the click.
        restore_mark: identifies the last restore of a backup when the button was shown.
        address: the IP address of the client who clicked.
        is_sender: whether the click proves that the client sent `earlier`. If it does not, the page
            of the new request never shows the whole number.

    Raises:
        NotOffered: the click is not offered any more.
        Refused: `accept.accept` refuses the request.
    """
    submission = Submission(
        widget=earlier.widget,
        nonce=nonce_of(earlier),
        number=str(earlier.number),
        email=earlier.email,
        language=earlier.language,
        consent=True,
        consent_text=consent_text,
        address=address,
        source=VisitSource(
            earlier.page_url, earlier.page_title, earlier.referrer, dict(earlier.campaign)
        ),
        is_verified=earlier.is_verified,
        restore_mark=restore_mark,
        is_one_more=True,
        kept_answers=answers.of(earlier),
        topic=ChosenTopic(earlier.offered_by, earlier.topic, earlier.topic_label)
        if earlier.topic
        else None,
        # An identifier that a system gave the bot stays the identifier.
        tells_email=not earlier.bot_email,
    )
    refused: Refused | None = None
    allowed = limits.of_request(submission.widget, earlier.number)
    with transaction.atomic():
        # Nobody can erase the earlier request or withdraw its consent meanwhile. As a form does,
        # lock first the key of the consent text, then those of the limits.
        consent_key = consent_texts.lock_key(submission.widget)
        now = database.lock([consent_key, *limits.keys_of(allowed)])
        if made := following(earlier):
            return made
        if not _is_as_seen(earlier) or not _may_come_now(earlier, now):
            raise NotOffered("called again too late")
        try:
            accepted = accept.accept(submission)
        except Refused as refusal:  # recorded in this transaction, which must not be rolled back
            refused = refusal
        else:
            if accepted.is_new and not is_sender:
                row = CallRequest.objects.filter(pk=accepted.call_request.pk)
                row.update(viewed_at=now)
    if refused is not None:
        raise refused
    return accepted.call_request


def _is_as_seen(earlier: CallRequest) -> bool:
    """Lock the row; return whether it is still called, and still holds the same number."""
    rows = CallRequest.objects.select_for_update().filter(
        pk=earlier.pk,
        status=Status.CALLED,
        status_at=earlier.status_at,
        number_hash=earlier.number_hash,
        erased_at=None,
    )
    return bool(rows.values_list("pk"))


def _may_come_now(call_request: CallRequest, now: datetime) -> bool:
    """Return whether nothing but the limits can refuse the click at `now`."""
    return (
        _is_called(call_request)
        and may_come(call_request)
        and OFFERED_AFTER <= now - call_request.status_at < OFFERED_UNTIL
        and not call_switch.current().is_stopped_at(now)
        and not withdrawn([call_request])
        and _is_open(call_request, now)
    )


def _is_open(call_request: CallRequest, now: datetime) -> bool:
    """Return whether the widget can call this number now."""
    widget = call_request.widget
    periods = call_time.ahead(widget, str(call_request.number), now)
    return call_time.of_now(widget, periods, now) is not None


def _is_called(call_request: CallRequest) -> bool:
    """Return whether a worker placed the call; staff who mark a call know that it took place."""
    return call_request.status == Status.CALLED and call_request.reason != Reason.BY_STAFF
