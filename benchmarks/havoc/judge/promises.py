"""Check that nothing is lost: each promised call is in the table, and comes to a visible end."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from benchmarks.havoc.judge.case import Case, numbers_of

FINAL = ("called", "uncertain", "failed", "cancelled")


def every_promise_is_a_request(case: Case) -> Iterator[str]:
    """Check that each promised call has a request with the right widget, number and email."""
    rows = {row.token: row for row in case.evidence.requests}
    for place, note in enumerate(case.evidence.notes):
        if not note.promise:
            continue
        row = rows.get(note.promise)
        if row is None:
            yield f"visitor {place} was promised a call and no request says so"
            continue
        if row.widget != note.widget:
            yield f"#{row.id}: it belongs to another widget than its visitor's"
        if row.erased_at is None:
            if row.number not in numbers_of(note):
                yield f"#{row.id}: it has another number than its visitor gave"
            if row.email != note.email:
                yield f"#{row.id}: it has another email than its visitor typed"


def each_form_is_one_request(case: Case) -> Iterator[str]:
    """Check that a form that was sent twice is one request, whatever the answers were."""
    promises: dict[str, set[str]] = defaultdict(set)
    forms: dict[str, set[str]] = defaultdict(set)
    for place, note in enumerate(case.evidence.notes):
        if note.form and note.promise:
            promises[note.form].add(note.promise)
        if note.asked_at is not None:
            for number in numbers_of(note):
                forms[number].add(note.form or f"visitor {place}")
    for tokens in promises.values():
        if len(tokens) > 1:
            yield f"one form became {len(tokens)} promises"
    counts = Counter(row.number for row in case.evidence.requests if row.number)
    for number, count in counts.items():
        if count > len(forms[number]) > 0:
            yield f"{len(forms[number])} forms of one number became {count} requests"


def everything_ends(case: Case) -> Iterator[str]:
    """Check that no request and no attempt is left unfinished."""
    for row in case.evidence.requests:
        if row.status not in FINAL:
            yield f"#{row.id}: it did not end, it is {row.status}"
    for attempt in case.evidence.attempts:
        if attempt.outcome == "pending":
            yield f"#{attempt.request}: attempt {attempt.number} did not end"


def nobody_sees_an_error_page(case: Case) -> Iterator[str]:
    """Check that no visitor got an error page: failures must have their own answer."""
    for note in case.evidence.notes:
        for error in note.errors:
            yield f"a visitor got an error page ({error})"


def proofs_of_consent_hold(case: Case) -> Iterator[str]:
    """Check that the verification of the proofs of consent found nothing."""
    yield from (f"proof of consent: {problem}" for problem in case.evidence.proof_problems)
