"""Which requests certainly made no phone ring."""

from django.db.models import Exists, OuterRef, QuerySet

from callbacks.models import Attempt, CallRequest, Move, Status
from callbacks.models.attempt import MAY_HAVE_RUNG


def never_rang(requests: QuerySet[CallRequest]) -> QuerySet[CallRequest]:
    """Return those of `requests` that have failed or were cancelled without any call.

    A request that was ever *called* or *uncertain* is left out, whatever happened to it later.
    Its attempts alone do not prove that no phone rang: a restored backup leaves no attempt, and
    neither does a colleague who uses a phone of their own.
    """
    attempts = Attempt.objects.filter(call_request=OuterRef("pk"), outcome__in=MAY_HAVE_RUNG)
    moves = Move.objects.filter(
        call_request=OuterRef("pk"), to_status__in=(Status.CALLED, Status.UNCERTAIN)
    )
    return requests.filter(
        ~Exists(attempts), ~Exists(moves), status__in=(Status.FAILED, Status.CANCELLED)
    )
