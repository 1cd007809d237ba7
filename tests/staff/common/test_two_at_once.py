"""Two people press at the same moment: one wins, the other is told."""

from threading import Barrier

import pytest
from django.contrib.auth.models import User

from callbacks.models import Move, Status
from tests.support.concurrency import concurrently
from tests.support.factories import make_request
from tests.support.staff.pages import ask, confirm, signed_in


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_one_retry_wins(chief: User, agent: User) -> None:
    requests = [make_request(status=Status.FAILED) for _ in range(5)]
    clients = [signed_in(chief), signed_in(agent)]
    together = Barrier(2)

    def press(who: int) -> list[str]:
        told = []
        for call_request in requests:
            shown = ask(clients[who], "retry", call_request)
            together.wait(timeout=30)
            told += confirm(clients[who], "retry", shown)
        return told

    told = concurrently(2, press)
    assert sorted(Move.objects.values_list("call_request_id", flat=True)) == [
        r.pk for r in requests
    ]
    for one, other in zip(*told, strict=True):
        (queued, left_alone) = sorted([one, other], key=lambda told: "left" in told)
        assert queued == "1 request is back in the queue."
        assert "changed in the meantime" in left_alone
