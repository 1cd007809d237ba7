"""Check that nobody is called twice: what machines sent for one wish, and which phones rang."""

from collections.abc import Iterator
from itertools import pairwise

from benchmarks.havoc.judge.case import Answered, Case
from benchmarks.havoc.judge.evidence import RequestRow, Send

# The assumption: a limiter answers 429 before it passes a request on, an API answers 401 before it
# does anything, and a redirect that keeps the method means that nothing was done here.
AGAIN, NEW_TOKEN, REDIRECTS = 429, 401, (307, 308)
ASSUMED = (AGAIN, NEW_TOKEN, *REDIRECTS)
MOST_REDIRECTS = 3


def each_ring_has_its_send(case: Case) -> Iterator[str]:
    """Check that every ring belongs to exactly one send, and says the same."""
    sends = {send.index: send for send in case.evidence.sends}
    for ring in case.evidence.rings:
        send = sends.get(ring.send)
        if send is None:
            yield f"ring {ring.index} belongs to no send"
        elif (ring.originate, ring.destination, ring.email) != (
            send.originate,
            send.destination,
            send.email,
        ):
            yield f"ring {ring.index} is for somebody else than send {send.index} says"
        elif len(case.rings[ring.send]) > 1:
            yield f"send {ring.send} let a phone ring {len(case.rings[ring.send])} times"


def no_second_ring(case: Case) -> Iterator[str]:
    """Check that between two rings of a request, a person asked for the second one."""
    for row, parts in case.each():
        for part in parts:
            rang = [send for send in part.sends if case.rings[send.index]]
            for earlier, later in pairwise(rang):
                if not (case.settings.price_is_counted and earlier.status in ASSUMED):
                    yield f"#{row.id}: rang for send {earlier.index} and again for {later.index}"


def price(case: Case) -> int:
    """Count the second rings after an answer that is assumed to mean "nothing was done"."""
    rang = [
        [send for send in part.sends if case.rings[send.index]]
        for _, parts in case.each()
        for part in parts
    ]
    return sum(earlier.status in ASSUMED for sends in rang for earlier, _ in pairwise(sends))


def nothing_sent_again_in_doubt(case: Case) -> Iterator[str]:
    """Check that machines send again only what certainly did nothing, in the way it requires."""
    for row, parts in case.each():
        for part in parts:
            for earlier, later in pairwise(part.sends):
                if wrong := _why_not_again(case, earlier, later):
                    yield f"#{row.id}: send {later.index} after {earlier.index}: {wrong}"
        yield from _too_many_in_one_attempt(case, row)


def _why_not_again(case: Case, earlier: Send, later: Send) -> str | None:
    same = case.attempt_of[earlier.index] == case.attempt_of[later.index]
    if earlier.status == NEW_TOKEN:
        return "the same token again" if earlier.token == later.token else None
    if earlier.status in REDIRECTS:
        return None if same else "a redirect was not followed at once"
    if earlier.status in case.settings.again:
        return "without giving the turn back" if same else None
    return f"nobody wished for it, and the first was answered {earlier.status}"


def _too_many_in_one_attempt(case: Case, row: RequestRow) -> Iterator[str]:
    for attempt in case.attempts[row.id]:
        statuses = [send.status for send in case.sends_of[row.id, attempt.number]][:-1]
        if statuses.count(NEW_TOKEN) > 1:
            yield f"#{row.id}: attempt {attempt.number} tried more than one other token"
        if sum(status in REDIRECTS for status in statuses) > MOST_REDIRECTS:
            yield f"#{row.id}: attempt {attempt.number} followed more than three redirects"


def not_too_many_sends(case: Case) -> Iterator[str]:
    """Check that machines send at most `most_sends` times for one wish."""
    most = case.settings.most_sends
    for row, parts in case.each():
        for part in parts:
            if len(part.sends) > most:
                yield f"#{row.id}: {len(part.sends)} sends for one wish, more than {most}"


def backoff_grows(case: Case) -> Iterator[str]:
    """Check that each "try later" doubles the wait, and that `Retry-After` is respected."""
    for row, parts in case.each():
        for part in parts:
            yield from _too_soon(case, row, part)


def _too_soon(case: Case, row: RequestRow, part: Answered) -> Iterator[str]:
    least = case.settings.first_backoff
    for earlier, later in pairwise(part.sends):
        if earlier.status not in case.settings.again:
            continue
        answered_at = earlier.answered_at or earlier.at
        waited = later.at - answered_at
        wanted = max(least, earlier.retry_after or 0)
        least *= 2
        # The sandbox notes its answer just before it sends it.
        if waited < wanted - 0.05 and case.sure(answered_at, later.at):
            yield (
                f"#{row.id}: send {later.index} came {waited:.1f} s after {earlier.index},"
                f" {wanted:.1f} s are due"
            )


def retry_after_holds_for_all(case: Case) -> Iterator[str]:
    """Check that no worker claims before a `Retry-After` is over, once one has noted it."""
    slack = case.settings.slack
    quiet = []
    for send in case.evidence.sends:
        attempt = case.attempt_of.get(send.index)
        if send.status in case.settings.again and send.retry_after and attempt:
            noted_at = attempt.ended_at if attempt.outcome == "try_later" else None
            if noted_at is not None:
                answered_at = send.answered_at or send.at
                quiet.append((noted_at + slack, answered_at + send.retry_after - slack, send))
    for attempt in case.evidence.attempts:
        for since, until, send in quiet:
            if since < attempt.started_at < until and case.sure(attempt.started_at, since):
                yield (
                    f"#{attempt.request}: attempt {attempt.number} began although send"
                    f" {send.index} was told to come back later"
                )
