"""Which requests certainly never made a phone ring."""

from django.db.models import Exists, OuterRef, QuerySet

from callbacks.models import Attempt, CallRequest, Move, Outcome, Status

# An attempt of which nobody can say that it placed no call.
_MAY_RING = (Outcome.PENDING, Outcome.ACCEPTED, Outcome.UNKNOWN)


def never_rang(requests: QuerySet[CallRequest]) -> QuerySet[CallRequest]:
    """Return those of `requests` that have failed or been cancelled without any call.

    Not those that ever were *called* or *uncertain*, whatever became of them afterwards: a
    restored backup or a colleague with a phone of their own leaves no attempt.
    """
    attempts = Attempt.objects.filter(call_request=OuterRef("pk"), outcome__in=_MAY_RING)
    moves = Move.objects.filter(
        call_request=OuterRef("pk"), to_status__in=(Status.CALLED, Status.UNCERTAIN)
    )
    return requests.filter(
        ~Exists(attempts), ~Exists(moves), status__in=(Status.FAILED, Status.CANCELLED)
    )
