"""Recognise the person who sent the form: only they see the number in full.

There are no cookies, and people may pass on the address of a request's page. But the first person
who opens that page, moments after the form was accepted or the number was corrected, came there
from the answer to that form. That person gets a key. The key stands in the page and never in an
address. For a while it shows the number in full and fills in the form for another request.
"""

from datetime import timedelta

from django.core import signing
from django.db import Error
from django.http import HttpRequest

from callbacks.core import availability, clock
from callbacks.models import CallRequest, ConsentEvent

FIELD = "key"
# The longest time between the answer to the form and the page that it leads to.
FIRST_VIEW = timedelta(minutes=2)
IN_FULL_FOR = timedelta(minutes=30)

_SALT = "callbacks.public.status.views.sender"


def key_of_first_view(call_request: CallRequest) -> str:
    """Return a key on the first view of the page after the visitor sent a number, else "".

    A view that comes too late gets no key either. One compare-and-set update decides which of two
    simultaneous views is the first. While the database accepts no writes, there is no key and the
    page shows the number masked.
    """
    if call_request.viewed_at is not None or call_request.erased_at is not None:
        return ""
    sent = call_request.consent_proofs.filter(
        event__in=[ConsentEvent.GIVEN, ConsentEvent.CORRECTED]
    ).order_by("-pk")
    sent_at = sent.values_list("at", flat=True).first()
    if sent_at is None:
        return ""
    now = clock.now()
    if not -clock.SLACK <= now - sent_at <= FIRST_VIEW:
        return ""
    unseen = CallRequest.objects.filter(
        pk=call_request.pk, viewed_at=None, number_hash=call_request.number_hash
    )
    try:
        is_first = bool(unseen.update(viewed_at=now))
    except Error as error:
        if not availability.is_database_away(error):
            raise
        return ""
    return _new_key(call_request) if is_first else ""


def key_of(request: HttpRequest, call_request: CallRequest) -> str:
    """Return the key that came with `request` if it is valid for this request now, else ""."""
    key = request.POST.get(FIELD, "")
    try:
        opened = signing.loads(key, salt=_SALT, max_age=IN_FULL_FOR)
    except (signing.BadSignature, ValueError):
        return ""
    return key if opened == _opens(call_request) else ""


def _new_key(call_request: CallRequest) -> str:
    return signing.dumps(_opens(call_request), salt=_SALT)


def _opens(call_request: CallRequest) -> list[str]:
    """Return what a key is valid for: this page with this number, not with a corrected one."""
    return [call_request.token, call_request.number_hash]
