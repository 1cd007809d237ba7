"""Claim a request for each line on the input, and print how long it took, in seconds.

The request is due. It was created just before, and is called by nobody.
"""

import itertools
import sys
import time

import django

django.setup()

from benchmarks.inside import columns  # noqa: E402
from callbacks.core import clock  # noqa: E402
from callbacks.dispatch import circuit_breaker, claim, claimed  # noqa: E402
from callbacks.models import CallRequest, Widget  # noqa: E402

ATTEMPT_SECONDS = 30.0
GO = circuit_breaker.Decision(circuit_breaker.Permission.GO, 0)


def main() -> None:
    widget = Widget.objects.create(name="claims", originate="test-scenario")
    for number, _line in zip(itertools.count(), sys.stdin, strict=False):
        now = clock.now()
        CallRequest.objects.create(
            widget=widget,
            nonce=f"claim-{number}",
            number=f"+336{number:08}",
            **columns.asked_at(now),
            due_at=now,
            patience_until=now + widget.patience,
            queue_position=number,
        )
        begun = time.perf_counter()
        work = claim.ask()
        made = claim.claim_next(GO, ATTEMPT_SECONDS)
        seconds = time.perf_counter() - begun
        assert work.is_due
        assert isinstance(made, claimed.Claim)
        print(seconds, flush=True)


if __name__ == "__main__":
    main()
