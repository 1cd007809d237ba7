"""Histories in which one promise was broken: the judge finds each, by the rule that is about it."""

from dataclasses import replace

import pytest

from benchmarks.havoc.judge import verdict
from benchmarks.havoc.judge.evidence import Correction, Note, Period, PersonAct, Ring
from tests.support.samples.history import WIDGETS, History, good, rules

CALLED, THROTTLED, NEW_TOKEN, LOST, REDIRECTED, REFUSED = 1, 2, 3, 4, 5, 6
TURNED_AWAY, KILLED, CANCELLED, OUTAGE = 7, 8, 9, 10


def number_of(history, request):
    return history.notes[request - 1].number


# Never twice.


def test_an_attempt_that_rings_twice_behind_an_earlier_doubt():
    """Two accepted or unknown attempts let the old verdict expect two rings, whoever rang."""
    history = History()
    request = history.visitor(10)
    history.died(request, 10.5)
    history.harms.append(Period(10, 40, "SIGKILL worker"))
    history.person(request, 50, "retry", "queued")
    history.claim(request, 50.5)
    history.send(request, 50.6, 503, rings=True)
    history.send(request, 55, 200)
    history.record(request, 55.2, 200)
    assert rules(history) >= {"no_second_ring", "nothing_sent_again_in_doubt"}


def test_one_send_that_rings_twice():
    history = good()
    history.rings.append(replace(history.rings[0], index=99))
    assert rules(history) == {"each_ring_has_its_send"}


def test_a_ring_without_a_send():
    history = good()
    history.rings.append(Ring(99, 50, 77, "bot-shop", number_of(history, CALLED), "x@example.fr"))
    assert rules(history) == {"each_ring_has_its_send"}


def test_a_ring_for_somebody_else_than_was_sent():
    history = good()
    history.rings[0] = replace(history.rings[0], destination=number_of(history, LOST))
    assert rules(history) == {"each_ring_has_its_send"}


@pytest.mark.parametrize("status", [None, 200, 503, 502, 504, 500, 408, 425, 302, 422])
def test_a_send_after_an_uncertain_one_without_a_person(status):
    """Whatever the history says: here the attempt was written down as put off."""
    history = History()
    request = history.visitor(10)
    history.call(request, 10.5, 429, rings=False)
    history.sends[0] = replace(history.sends[0], status=status)
    history.call(request, 13)
    assert "nothing_sent_again_in_doubt" in rules(history)


def test_a_call_after_a_doubt_with_a_retry_that_no_person_made():
    history = History()
    request = history.visitor(10)
    history.call(request, 10.5, None, rings=True)
    history.person(request, 20, "retry", "queued")
    history.acts.clear()
    history.call(request, 20.5)
    assert rules(history) >= {"no_second_ring", "only_people_let_it_wait_again"}


def test_a_machine_that_lets_a_doubt_wait_again():
    history = History()
    request = history.visitor(10)
    history.call(request, 10.5, None)
    history.move(request, 20, "again", "queued", "housekeeping")
    history.too_late(request, 311)
    history.harms.append(Period(20, 311))
    assert "only_people_let_it_wait_again" in rules(history)


def test_one_retry_and_two_calls():
    history = good()
    history.call(LOST, 33, worker="worker-3")
    assert rules(history) >= {"no_second_ring", "nothing_sent_again_in_doubt"}


def test_a_retry_that_was_too_late_is_no_wish():
    history = History()
    request = history.visitor(10)
    history.call(request, 10.5, None, rings=True)
    history.person(request, 20, "retry", "queued", leaves_history=False)
    history.acts[-1] = replace(history.acts[-1], is_done=False)
    history.move(request, 20.1, "retry", "queued", "staff", person="anne")
    history.call(request, 20.5)
    assert rules(history) >= {"no_second_ring", "nothing_sent_again_in_doubt"}


def test_two_rings_behind_an_error_in_the_part_about_the_assumption():
    history = History(price_is_counted=True)
    request = history.visitor(10)
    history.call(request, 10.5, 429, rings=True)
    history.sends[0] = replace(history.sends[0], status=503)
    history.call(request, 13)
    assert "no_second_ring" in rules(history)


def test_the_same_token_after_a_401():
    history = good()
    place = next(n for n, send in enumerate(history.sends) if send.token == 2)
    history.sends[place] = replace(history.sends[place], token=1)
    assert rules(history) == {"nothing_sent_again_in_doubt"}


def test_a_second_other_token_within_one_attempt():
    history = History()
    request = history.visitor(10)
    history.claim(request, 10.5)
    for token, status in ((1, 401), (2, 401), (3, 200)):
        history.send(request, 10.5 + token / 10, status, token=token)
    history.record(request, 11, 200)
    assert rules(history) == {"nothing_sent_again_in_doubt"}


def test_a_redirect_followed_by_another_attempt():
    history = History()
    request = history.visitor(10)
    history.call(request, 10.5, 429)
    history.sends[0] = replace(history.sends[0], status=307)
    history.call(request, 13)
    assert "nothing_sent_again_in_doubt" in rules(history)


def test_more_than_three_redirects():
    history = History()
    request = history.visitor(10)
    history.claim(request, 10.5)
    for step in range(4):
        history.send(request, 10.6 + step / 10, 308)
    history.send(request, 11.1)
    history.record(request, 11.3, 200)
    assert rules(history) == {"nothing_sent_again_in_doubt"}


def test_a_429_sent_again_within_its_attempt():
    history = History()
    request = history.visitor(10)
    history.claim(request, 10.5)
    history.send(request, 10.6, 429)
    history.send(request, 14)
    history.record(request, 14.2, 200)
    assert rules(history) == {"nothing_sent_again_in_doubt"}


def throttled(*times):
    history = History()
    request = history.visitor(10)
    for at in times[:-1]:
        history.call(request, at, 429)
    history.call(request, times[-1])
    return history


def test_five_sends_pass_and_the_sixth_does_not():
    times = (10.5, 12.5, 16, 24, 40, 72)
    assert rules(throttled(*times[:5])) == set()
    assert rules(throttled(*times)) == {"not_too_many_sends"}


def test_backoff_that_does_not_grow():
    assert rules(throttled(10.5, 12.5, 14, 15.5)) == {"backoff_grows"}


def test_retry_after_ignored():
    history = throttled(10.5, 12.5)
    assert rules(history) == set()
    history.sends[0] = replace(history.sends[0], retry_after=3)
    assert rules(history) >= {"backoff_grows"}


def test_retry_after_ignored_by_the_others():
    history = throttled(10.5, 72)
    history.sends[0] = replace(history.sends[0], retry_after=60)
    history.call(history.visitor(30), 30.5)
    assert rules(history) == {"retry_after_holds_for_all"}


# Who, and with what.


def test_a_wrong_scenario():
    history = good()
    history.sends[0] = replace(history.sends[0], originate="bot-bakery")
    history.rings[0] = replace(history.rings[0], originate="bot-bakery")
    assert rules(history) == {"the_right_call"}


@pytest.mark.parametrize("email", ["jo.1@example.fr", "Jo.1@Example.fr ", "", "Jo.2@Example.fr"])
def test_a_wrong_email(email):
    history = good()
    history.sends[0] = replace(history.sends[0], email=email)
    history.rings[0] = replace(history.rings[0], email=email)
    assert rules(history) == {"the_right_call"}


def test_an_email_that_was_changed_on_the_way_in():
    history = good()
    history.change(CALLED, email="jo.1@example.fr")
    assert rules(history) == {"every_promise_is_a_request"}


def test_a_number_that_nobody_gave():
    history = good()
    history.send(CALLED, 11.2, destination="+33688888888")
    assert rules(history) == {"everybody_called_had_asked"}


def test_a_number_before_its_correction():
    history = History()
    request = history.visitor(10)
    old = number_of(history, request)
    correction = Correction(11, "+33622222222", 11.3)
    history.notes[0] = replace(history.notes[0], corrections=(correction,))
    history.change(request, number="+33622222222")
    history.call(request, 14, destination=old)
    assert rules(history) == {"the_right_call"}


def test_a_number_before_somebody_corrected_theirs_to_it():
    history = History()
    request = history.visitor(10)
    history.call(request, 10.5, destination="+33622222222")
    correction = Correction(20, "+33622222222", 20.3)
    history.notes[0] = replace(history.notes[0], corrections=(correction,))
    assert rules(history) == {"the_right_call"}


def test_a_visitor_who_was_refused_and_is_called():
    history = good()
    note = history.notes[TURNED_AWAY - 1]
    history.send(CALLED, 34, destination=note.number, email=note.email)
    assert rules(history) == {"everybody_called_had_asked", "nobody_refused_is_called"}


def test_a_visitor_who_was_refused_and_has_a_request_that_is_called():
    history = History()
    request = history.visitor(10, promise="", promised_at=None, refused_at=10.4)
    history.call(request, 10.5)
    assert rules(history) >= {"everybody_called_had_asked", "nobody_refused_is_called"}


def test_a_visitor_who_never_sent_a_form():
    history = good()
    history.notes.append(Note("+33677777777", "", "shop"))
    history.send(CALLED, 11.2, destination="+33677777777", email="")
    assert rules(history) == {"everybody_called_had_asked"}


def test_a_call_outside_every_attempt():
    history = good()
    history.send(CALLED, 200)
    assert rules(history) == {"everybody_called_had_asked"}


def test_a_request_that_nobody_asked_for():
    history = good()
    history.notes[CALLED - 1] = replace(
        history.notes[CALLED - 1], promise="", promised_at=None, asked_at=None
    )
    assert "everybody_called_had_asked" in rules(history)


def test_cancelled_and_called():
    history = History()
    request = history.visitor(10, cancelled_at=10.6)
    history.call(request, 10.7)
    assert rules(history) == {"nobody_who_cancelled_is_called"}


def test_called_and_then_cancelled_after_all():
    history = History()
    request = history.visitor(10, cancelled_at=10.4)
    history.call(request, 10.5, 429)
    history.move(request, 10.9, "cancel", "cancelled", "visitor")
    history.call(history.visitor(11), 12)
    assert rules(history) == {"nobody_who_cancelled_is_called"}


def test_something_happens_to_what_was_cancelled():
    history = good()
    history.move(CANCELLED, 90, "expire", "failed", "housekeeping")
    history.notes[CANCELLED - 1] = replace(history.notes[CANCELLED - 1], cancelled_at=None)
    assert rules(history) == {"only_people_let_it_wait_again"}


def test_claimed_while_it_was_not_waiting():
    history = History()
    request = history.visitor(10)
    history.call(request, 10.5, 422)
    history.call(request, 20)
    assert rules(history) >= {"only_people_let_it_wait_again", "nothing_sent_again_in_doubt"}


def test_cancelled_and_called_after_a_retry_by_staff():
    history = good()
    history.person(CANCELLED, 90, "retry", "queued")
    history.call(CANCELLED, 91)
    assert rules(history) >= {"nobody_who_cancelled_is_called", "only_people_let_it_wait_again"}


def test_blocked_by_staff_and_called():
    history = History()
    request = history.visitor(10)
    number = number_of(history, request)
    history.acts.append(PersonAct("block", "anne", 10.6, 10.7, True, number=number))
    history.call(request, 20)
    assert rules(history) == {"nobody_blocked_is_called"}


def test_blocked_by_the_visitor_and_called():
    history = History()
    request = history.visitor(10, blocked_at=12.0)
    history.call(request, 20)
    assert rules(history) == {"nobody_blocked_is_called"}


def test_unblocked_and_called():
    history = History()
    number = "+33610000001"
    history.acts.append(PersonAct("block", "anne", 1, 2, True, number=number))
    history.acts.append(PersonAct("unblock", "anne", 4, 5, True, number=number))
    history.call(history.visitor(10), 20)
    assert rules(history) == set()


def test_erased_and_called():
    history = History()
    request = history.visitor(10)
    number = number_of(history, request)
    history.acts.append(PersonAct("erase", "anne", 11, 11.2, True, number=number))
    history.change(request, number="", email="", erased_at=11.1)
    history.call(request, 12)
    assert rules(history) == {"nobody_erased_is_called"}


def test_erased_and_still_there():
    history = good()
    number = number_of(history, CALLED)
    history.acts.append(PersonAct("erase", "anne", 90, 91, True, number=number))
    assert rules(history) == {"nobody_erased_is_called"}


@pytest.mark.parametrize("kind", ["close", "cancel", "mark_called"])
def test_ended_by_staff_and_called(kind):
    history = History()
    request = history.visitor(10)
    history.person(request, 10.2, kind, "queued", leaves_history=False)
    history.call(request, 12)
    assert rules(history) == {"nothing_is_sent_once_staff_ended_it"}


def test_one_request_held_and_called():
    history = History()
    held, other = history.visitor(10), history.visitor(10)
    history.person(held, 10.2, "hold", "uncertain")
    history.call(other, 12)
    assert rules(history) == set()
    history.move(held, 11, "again", "queued")
    history.call(held, 12)
    assert "nothing_is_sent_once_staff_ended_it" in rules(history)


def test_held_after_a_backup_and_called():
    history = History()
    request = history.visitor(10)
    history.acts.append(PersonAct("hold", "operator", 11, 11.5, True))
    history.call(request, 12)
    assert rules(history) == {"nothing_is_sent_once_staff_ended_it"}


def test_all_calls_stopped_and_called():
    history = History()
    request = history.visitor(10)
    history.acts.append(PersonAct("stop", "anne", 11, 11.5, True))
    history.acts.append(PersonAct("resume", "anne", 60, 60.5, True))
    history.call(request, 50)
    assert rules(history) == {"nobody_is_called_while_all_calls_are_stopped"}


# Never lost.


def test_a_promise_without_a_request():
    history = good()
    del history.requests[OUTAGE]
    history.moves = [move for move in history.moves if move.request != OUTAGE]
    assert rules(history) == {"every_promise_is_a_request"}


def test_a_promise_to_another_number():
    history = good()
    history.change(OUTAGE, number="+33600000000")
    assert rules(history) == {"every_promise_is_a_request"}


def test_a_promise_from_another_widget():
    history = good()
    history.notes[TURNED_AWAY - 1] = replace(history.notes[CALLED - 1], widget="bakery")
    assert rules(history) == {"every_promise_is_a_request"}


def test_a_form_that_became_two_promises_one_of_which_is_erased():
    history = History()
    for at in (10, 12):
        request = history.visitor(at, form="nonce")
        history.call(request, at + 0.5)
    history.change(request, number="", email="", erased_at=20.0)
    assert rules(history) == {"each_form_is_one_request"}


def test_a_form_that_became_two_requests():
    history = History()
    for at in (10, 12):
        request = history.visitor(at, form="nonce", number="+33611111111")
        history.change(request, number="+33611111111")
        history.call(request, at + 0.5)
    assert rules(history) == {"each_form_is_one_request"}


def test_a_request_without_an_end():
    history = good()
    history.visitor(500)
    assert rules(history) == {"everything_ends"}


def test_an_attempt_without_an_end():
    history = good()
    history.attempts[-1] = replace(history.attempts[-1], outcome="pending")
    assert "everything_ends" in rules(history)


def test_an_error_page():
    history = good()
    history.notes[0] = replace(history.notes[0], errors=("POST 500",))
    assert rules(history) == {"nobody_sees_an_error_page"}


def test_a_proof_of_consent_that_does_not_hold():
    assert rules(good(), proof_problems=("#3 was changed",)) == {"proofs_of_consent_hold"}


def test_no_call_ever_placed_all_too_late():
    history = History(calm=(Period(0, 1000),), calm_bound=30)
    for at in range(10, 20):
        history.too_late(history.visitor(at), at + 300.5)
    assert rules(history) == {
        "everybody_is_called_in_calm_times",
        "doubts_have_a_cause",
        "something_was_called",
    }


def test_no_call_ever_placed_all_workers_died():
    history = History(calm=(Period(0, 1000),), calm_bound=30)
    for at in range(10, 20):
        history.died(history.visitor(at), at + 0.5)
    assert rules(history) == {
        "everybody_is_called_in_calm_times",
        "doubts_have_a_cause",
        "something_was_called",
    }


# In time, at the promised pace, in a fair order.


def test_a_call_an_hour_late():
    history = History()
    history.call(history.visitor(10), 3610)
    assert rules(history) == {"calls_come_in_time"}


def test_a_call_late_in_calm_times_although_its_patience_lasts():
    history = History(calm=(Period(0, 1000),), calm_bound=30)
    history.call(history.visitor(10), 60)
    assert rules(history) == {"everybody_is_called_in_calm_times"}


def test_a_call_that_never_comes_in_a_calm_end_shorter_than_the_bound():
    history = History(calm=(Period(30, 50),), calm_bound=60)
    history.harms.append(Period(0, 30))
    request = history.visitor(10)
    history.move(request, 45, "expire", "failed", "housekeeping")
    history.call(history.visitor(11), 12)
    assert rules(history) == {"everybody_is_called_in_calm_times"}


def test_a_retry_that_is_never_called_in_calm_times():
    history = History(calm=(Period(100, 1000),), calm_bound=30)
    request = history.visitor(10)
    history.call(request, 10.5, 422)
    history.person(request, 200, "retry", "queued")
    history.harms.append(Period(200, 210))
    history.too_late(request, 501)
    history.call(history.visitor(11), 12)
    assert rules(history) == {"everybody_is_called_in_calm_times"}


def test_a_call_before_the_time_that_was_chosen():
    history = History()
    request = history.visitor(10, not_before=100.0)
    history.call(request, 20)
    assert rules(history) == {"calls_come_in_time"}


def test_given_up_before_its_patience_had_ended():
    history = History()
    history.harms.append(Period(0, 400))
    history.too_late(history.visitor(10), 200)
    history.call(history.visitor(11), 12)
    assert rules(history) == {"doubts_have_a_cause"}


def test_a_broken_pace():
    def history(apart):
        history = History(pace_calls=4, pace_seconds=2)
        for place in range(40):
            history.call(history.visitor(10), 11 + place * apart)
        return history

    assert rules(history(0.5)) == set()
    assert rules(history(0.4)) == {"claims_keep_the_pace"}


def test_a_broken_pace_that_the_rows_do_not_show():
    history = History(pace_calls=4, pace_seconds=2)
    for place in range(80):
        history.call(history.visitor(10), 11 + place * 0.5)
        # All are sent in two seconds, each within its attempt's time.
        history.sends[-1] = replace(history.sends[-1], at=50 + place / 40)
        history.attempts[-1] = replace(history.attempts[-1], deadline_at=60.0, ended_at=60.0)
    assert rules(history) == {"sends_keep_the_pace"}


def test_a_widgets_broken_pace():
    def history(apart):
        history = History()
        shop = replace(WIDGETS["shop"], calls_per_minute=6)
        history.settings = replace(history.settings, widgets=WIDGETS | {"shop": shop})
        for place in range(10):
            history.call(history.visitor(10), 11 + place * apart)
        return history

    assert rules(history(10)) == set()
    assert rules(history(8)) == {"claims_keep_the_pace"}


def test_unfair():
    def history(after):
        history = History(fairness=5)
        for place in range(30):
            history.call(history.visitor(10), 11 + place)
        history.call(history.visitor(12, "bakery"), 12 + after)
        return history

    assert rules(history(4.6)) == set()
    assert rules(history(9.6)) == {"no_widget_waits_behind_another"}


# What the history says.


def test_a_history_with_a_gap():
    history = good()
    history.moves = [move for move in history.moves if move.name != "requeue"]
    assert rules(history) == {"moves_follow_each_other"}


def test_a_history_that_ends_elsewhere():
    history = good()
    history.change(CALLED, status="failed")
    assert rules(history) >= {"moves_follow_each_other", "states_say_what_happened"}


def test_a_history_in_a_wrong_order():
    history = good()
    history.moves[0] = replace(history.moves[0], at=5.0)
    assert rules(history) == {"moves_follow_each_other"}


def test_attempts_with_a_gap():
    history = good()
    history.attempts = [one for one in history.attempts if (one.request, one.number) != (LOST, 1)]
    assert "attempts_are_numbered" in rules(history)


def test_attempts_in_a_wrong_order():
    history = good()
    first = next(n for n, one in enumerate(history.attempts) if one.request == THROTTLED)
    second = next(n for n, one in enumerate(history.attempts) if one.number == 2)
    times = history.attempts[second].started_at + 1, history.attempts[second].started_at + 1.2
    history.attempts[first] = replace(
        history.attempts[first], started_at=times[0], ended_at=times[1]
    )
    assert "attempts_are_numbered" in rules(history)


@pytest.mark.parametrize("change", [{"actor": "housekeeping"}, {"person": "bob"}])
def test_a_retry_that_somebody_else_made_than_the_history_says(change):
    history = good()
    place = next(n for n, move in enumerate(history.moves) if move.name == "retry")
    history.moves[place] = replace(history.moves[place], **change)
    assert rules(history) == {"only_people_let_it_wait_again"}


def test_a_retry_that_was_done_and_has_no_move():
    history = good()
    history.person(REFUSED, 50, "retry", "queued", leaves_history=False)
    assert rules(history) == {"only_people_let_it_wait_again"}


def test_an_attempt_that_hides_a_send():
    history = good()
    place = next(n for n, one in enumerate(history.attempts) if one.request == NEW_TOKEN)
    history.attempts[place] = replace(history.attempts[place], sends=1)
    assert rules(history) == {"every_send_is_written_down"}


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        *(("accepted", status) for status in (None, 500, 429, 422)),
        *(("not_sent", status) for status in (None, 200, 500, 429, 422)),
        *(("try_later", status) for status in (None, 200, 503, 422)),
        *(("refused", status) for status in (None, 200, 503, 408, 302)),
    ],
)
def test_an_attempt_that_says_something_else_than_was_answered(outcome, status):
    history = good()
    history.attempts[0] = replace(history.attempts[0], outcome=outcome)
    history.sends[0] = replace(history.sends[0], status=status)
    assert "attempts_say_what_was_answered" in rules(history)


def test_called_although_nothing_was_sent():
    history = good()
    history.move(REFUSED, 50, "accept", "called")
    assert "states_say_what_happened" in rules(history)


def test_failed_although_it_may_have_rung():
    history = good()
    lost = next(n for n, send in enumerate(history.sends) if send.status == 422)
    history.sends[lost] = replace(history.sends[lost], status=503)
    assert rules(history) == {"attempts_say_what_was_answered", "states_say_what_happened"}


def test_a_doubt_without_a_cause():
    history = good()
    history.harms = [harm for harm in history.harms if harm.name != "SIGKILL worker"]
    assert rules(history) == {"doubts_have_a_cause"}


@pytest.mark.parametrize("name", ["called", "doubts", "retries", "takeovers", "failovers"])
def test_a_run_in_which_too_little_happened(name):
    assert rules(good(least={name: 99})) == {"enough_happened"}


def test_sentences_hold_no_number_and_no_email():
    history = good()
    for place, send in enumerate(history.sends):
        history.sends[place] = replace(send, email="x@example.fr", originate="?", status=503)
    history.notes.clear()
    found = " ".join(verdict.violations(history.evidence()))
    assert found
    assert "+33" not in found
    assert "@" not in found
