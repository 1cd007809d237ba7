"""Apply all rules of the judge, and count what happened."""

from collections import Counter

from benchmarks.havoc.judge import bookings, calm, histories, people, promises, sends, timing
from benchmarks.havoc.judge.case import Case
from benchmarks.havoc.judge.evidence import Evidence

RULES = (
    sends.each_ring_has_its_send,
    sends.no_second_ring,
    sends.nothing_sent_again_in_doubt,
    sends.not_too_many_sends,
    sends.backoff_grows,
    sends.retry_after_holds_for_all,
    people.everybody_called_had_asked,
    people.nobody_refused_is_called,
    people.the_right_call,
    people.nobody_who_cancelled_is_called,
    people.nobody_blocked_is_called,
    people.nobody_erased_is_called,
    people.nothing_is_sent_once_staff_ended_it,
    people.nobody_is_called_while_all_calls_are_stopped,
    promises.every_promise_is_a_request,
    promises.each_form_is_one_request,
    promises.everything_ends,
    promises.nobody_sees_an_error_page,
    promises.proofs_of_consent_hold,
    histories.moves_follow_each_other,
    histories.only_people_let_it_wait_again,
    histories.attempts_are_numbered,
    histories.every_send_is_written_down,
    histories.attempts_say_what_was_answered,
    histories.states_say_what_happened,
    histories.doubts_have_a_cause,
    bookings.nobody_is_called_outside_the_hours,
    bookings.nobody_is_called_outside_their_slot,
    bookings.no_slot_is_overfull,
    bookings.bookings_are_what_was_chosen,
    bookings.bookings_are_not_dropped,
    timing.claims_keep_the_pace,
    timing.sends_keep_the_pace,
    timing.no_widget_waits_behind_another,
    timing.calls_come_in_time,
    calm.everybody_is_called_in_calm_times,
    timing.something_was_called,
)


def violations(evidence: Evidence) -> list[str]:
    """Return a sentence for each broken promise, with the rule's name, without personal data."""
    case = Case(evidence)
    found = [f"{what} ({rule.__name__})" for rule in RULES for what in rule(case)]
    counts = count(evidence) | Counter(evidence.seen)
    for name, least in evidence.settings.least.items():
        if counts[name] < least:
            found.append(f"{counts[name]} {name}, at least {least} must happen (enough_happened)")
    return found


def count(evidence: Evidence) -> Counter[str]:
    """Count the events that a run needs to prove anything, and the price of the assumption.

    `called` is the number of requests whose phone rang. `doubts` is how often a request became
    uncertain. `retries` are those by people. `takeovers` are attempts that housekeeping ended for a
    dead worker, and requests that another worker continued. `price` is the number of second rings
    after a 429, 401, 307 or 308. `bookings` are the requests for a time slot, `moved bookings`
    those that their visitors moved to another one, and `changes of hours` those by staff.
    """
    case = Case(evidence)
    counts: Counter[str] = Counter()
    counts["called"] = sum(
        any(case.rings[send.index] for send in sends) for sends in case.sends.values()
    )
    counts["doubts"] = sum(move.to_status == "uncertain" for move in evidence.moves)
    counts["retries"] = sum(act.kind == "retry" and bool(act.is_done) for act in evidence.acts)
    ended_for_others = sum(
        move.to_status == "uncertain" and move.actor == "housekeeping" for move in evidence.moves
    )
    went_on = sum(len({one.worker for one in rows}) > 1 for rows in case.attempts.values())
    counts["takeovers"] = ended_for_others + went_on
    counts["price"] = sends.price(case)
    held = [bookings.booked(case, row) for row in evidence.requests]
    counts["bookings"] = sum(bool(slots) for slots in held)
    counts["moved bookings"] = sum(len(slots) > 1 for slots in held)
    counts["changes of hours"] = sum(
        act.kind == "hours" and bool(act.is_done) for act in evidence.acts
    )
    return counts
