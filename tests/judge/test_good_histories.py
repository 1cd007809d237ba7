"""What is allowed: the judge finds nothing in a history in which every promise was kept."""

from dataclasses import replace

import pytest

from benchmarks.havoc.judge import verdict
from benchmarks.havoc.judge.evidence import AttemptRow, Correction, Note, Period, PersonAct
from tests.support.samples.history import WIDGETS, History, good


def test_a_good_history_passes():
    assert verdict.violations(good().evidence()) == []


def test_counts_tell_what_happened():
    counts = verdict.count(good().evidence())
    assert +counts == {"called": 5, "doubts": 2, "retries": 1, "takeovers": 2}


def test_a_double_click_is_one_form():
    history = History()
    request = history.visitor(10, form="nonce")
    history.notes.append(replace(history.notes[0], promised_at=10.9))
    history.call(request, 10.5)
    assert verdict.violations(history.evidence()) == []


def test_a_visitor_who_heard_nothing_may_be_called():
    history = History()
    request = history.visitor(10, promise="", promised_at=None)
    history.call(request, 10.5)
    assert verdict.violations(history.evidence()) == []


def test_a_visitor_who_heard_nothing_may_be_called_and_erased():
    history = History()
    request = history.visitor(10, promise="", promised_at=None)
    history.call(request, 10.5)
    history.change(request, token="x", number="", email="", erased_at=100.0)
    assert verdict.violations(history.evidence()) == []


def test_a_number_of_two_forms_rings_for_each():
    history = History()
    for at in (10, 20):
        request = history.visitor(at)
        history.notes[-1] = replace(history.notes[-1], number="+33611111111")
        history.change(request, number="+33611111111")
        history.call(request, at + 0.5)
    assert verdict.violations(history.evidence()) == []


def test_a_corrected_number_is_called_instead():
    history = History()
    request = history.visitor(10)
    correction = Correction(11, "+33622222222", 11.3)
    history.notes[0] = replace(history.notes[0], corrections=(correction,))
    history.change(request, number="+33622222222")
    history.call(request, 12, destination="+33622222222")
    assert verdict.violations(history.evidence()) == []


def test_a_retry_whose_answer_got_lost_counts_as_a_wish():
    history = History()
    request = history.visitor(10)
    history.call(request, 10.5, None, rings=True)
    history.person(request, 20, "retry", "queued")
    history.acts[-1] = replace(history.acts[-1], is_done=None, done_at=None)
    history.call(request, 20.5)
    assert verdict.violations(history.evidence()) == []


def test_a_retry_starts_the_patience_anew():
    history = History()
    request = history.visitor(10)
    history.died(request, 10.5)
    history.harms.append(Period(10, 40, "SIGKILL worker"))
    history.person(request, 900, "retry", "queued")
    history.call(request, 901)
    assert verdict.violations(history.evidence()) == []


@pytest.mark.parametrize(("kind", "to"), [("mark_called", "called"), ("close", "cancelled")])
def test_a_doubt_may_be_ended_by_staff(kind, to):
    history = good()
    request = history.visitor(500)
    history.call(request, 501, 503, rings=True)
    history.person(request, 510, kind, to)
    assert verdict.violations(history.evidence()) == []


def test_what_was_marked_as_called_may_be_retried():
    history = History()
    request = history.visitor(10)
    history.person(request, 11, "mark_called", "called")
    history.person(request, 20, "retry", "queued")
    history.call(request, 21)
    assert verdict.violations(history.evidence()) == []


def test_a_block_lets_a_call_that_was_claimed_already_go_on():
    history = History()
    request = history.visitor(10)
    history.claim(request, 10.5)
    number = history.notes[0].number
    history.acts.append(PersonAct("block", "anne", 10.6, 10.7, True, number=number))
    history.send(request, 10.8)
    history.record(request, 11, 200)
    assert verdict.violations(history.evidence()) == []


def test_an_erased_request_has_no_number_any_more():
    history = History()
    request = history.visitor(10)
    history.call(request, 10.5)
    number = history.notes[0].number
    history.acts.append(PersonAct("erase", "anne", 20, 20.2, True, number=number))
    history.change(request, number="", email="", erased_at=20.1)
    assert verdict.violations(history.evidence()) == []


def test_a_stop_is_not_timed_while_the_databases_clock_is_wrong():
    history = History(unsure=(Period(11, 13, "clock"),))
    request = history.visitor(10)
    history.acts.append(PersonAct("stop", "anne", 10.2, 10.3, True))
    history.acts.append(PersonAct("resume", "anne", 12, 12.5, True))
    history.call(request, 11.9)
    assert verdict.violations(history.evidence()) == []


def test_rows_are_not_timed_while_the_databases_clock_is_wrong():
    history = History(unsure=(Period(9, 12, "clock"),))
    request = history.visitor(10)
    history.call(request, 3610.5)
    history.sends[0] = replace(history.sends[0], at=10.6, answered_at=10.7)
    assert verdict.violations(history.evidence()) == []


def test_the_price_of_an_assumption_is_counted_in_its_own_part():
    history = _rings_twice_behind(429)
    history.settings = replace(history.settings, price_is_counted=True)
    assert verdict.violations(history.evidence()) == []
    assert verdict.count(history.evidence())["price"] == 1


@pytest.mark.parametrize("status", [429, 401, 307, 308])
def test_and_fails_anywhere_else(status):
    broken = verdict.violations(_rings_twice_behind(status).evidence())
    assert any("no_second_ring" in sentence for sentence in broken)


def _rings_twice_behind(status: int) -> History:
    history = History()
    request = history.visitor(10)
    if status == 429:
        history.call(request, 10.5, 429, rings=True)
        history.call(request, 13)
    else:
        history.claim(request, 10.5)
        history.send(request, 10.6, status, rings=True, token=1)
        history.send(request, 10.7, token=2)
        history.record(request, 10.9, 200)
    return history


def test_everybody_is_called_within_the_bound_in_calm_times():
    history = History(calm=(Period(0, 200),), calm_bound=20)
    history.call(history.visitor(10), 25)
    history.call(history.visitor(190), 230)  # the period ends first
    history.harms.append(Period(199, 400, "call service is down"))
    lost = history.visitor(50)
    history.call(lost, 51, None, rings=True)
    assert verdict.violations(history.evidence()) == []


def test_nobody_is_waited_for_whose_call_had_come_to_its_end_before():
    history = History(calm=(Period(100, 300),), calm_bound=20)
    history.harms.append(Period(5, 90))
    history.died(history.visitor(10), 10.5)
    history.call(history.visitor(11), 12, 422)
    throttled = history.visitor(12)
    for at in (13, 15, 19, 28):
        history.call(throttled, at, 429)
    history.claim(throttled, 50)
    history.send(throttled, 50.1, 429)
    history.end(throttled, 50.3, "try_later")
    history.move(throttled, 50.3, "refuse", "failed")
    history.call(history.visitor(110), 111)
    assert verdict.violations(history.evidence()) == []


def busy(**settings):
    """A widget that is served once a second, and a visitor of another."""
    history = History(fairness=5, **settings)
    for place in range(30):
        history.call(history.visitor(10), 11 + place)
    return history, history.visitor(10, "bakery")


def test_a_widget_with_a_pace_of_its_own_may_wait():
    history, request = busy()
    bakery = replace(WIDGETS["bakery"], calls_per_minute=1)
    history.settings = replace(history.settings, widgets=WIDGETS | {"bakery": bakery})
    history.call(request, 40)
    assert verdict.violations(history.evidence()) == []


def test_a_visitor_who_chose_a_later_time_waits_for_it():
    history, request = busy()
    history.notes[-1] = replace(history.notes[-1], not_before=39.0)
    history.call(request, 40)
    assert verdict.violations(history.evidence()) == []


def test_a_request_that_was_put_off_for_want_of_a_token_waits():
    history, request = busy()
    attempt = AttemptRow(request, 1, 11, 12, 12, "not_sent", sends=0)
    history.attempts.append(attempt)
    history.change(request, attempts_made=1)
    history.call(request, 40)
    assert verdict.violations(history.evidence()) == []


@pytest.mark.parametrize("kind", ["called", "gone"])
def test_a_request_waits_behind_those_of_its_own_widget(kind):
    history, request = busy()
    for place in range(28):
        ahead = history.visitor(10, "bakery")
        if kind == "called":
            history.call(ahead, 11.5 + place)
        else:
            history.person(ahead, 11.5 + place, "close", "cancelled")
    history.call(request, 40)
    assert verdict.violations(history.evidence()) == []


def test_a_call_may_be_faster_than_the_answer_to_its_visitor():
    history = History(calm=(Period(0, 50),), calm_bound=20)
    history.call(history.visitor(10, promised_at=11.0), 10.4)
    assert verdict.violations(history.evidence()) == []


def test_nobody_is_waited_for_who_gave_up():
    history = History(calm=(Period(0, 200),), calm_bound=20)
    request = history.visitor(10, cancelled_at=12.0)
    history.move(request, 11.9, "cancel", "cancelled", "visitor")
    history.notes.append(Note("+33699999999", "", "shop"))  # never had a form
    history.call(history.visitor(13), 14)
    assert verdict.violations(history.evidence()) == []


def test_enough_happened():
    least = {"called": 5, "doubts": 2, "retries": 1, "takeovers": 2, "failovers": 1}
    assert verdict.violations(good(least=least).evidence(seen={"failovers": 1})) == []


def test_a_number_that_was_blocked_before_its_retry_is_not_waited_for():
    history = History(calm=(Period(0, 1000),), calm_bound=30)
    history.call(history.visitor(5), 5.5)
    request = history.visitor(10)
    history.call(request, 10.5, 422)
    number = history.row(request).number
    history.acts.append(PersonAct("block", "anne", 20, 20.2, True, number=number))
    history.person(request, 30, "retry", "queued")
    history.move(request, 31, "cancel", "cancelled", reason="blocked")
    assert verdict.violations(history.evidence()) == []


def test_a_doubt_that_was_retried_and_then_cancelled_by_a_worker_was_for_an_earlier_wish():
    history = History()
    request = history.visitor(10)
    history.call(request, 10.5, 503, rings=True)
    history.person(request, 30, "retry", "queued")
    history.move(request, 31, "cancel", "cancelled", reason="blocked")
    assert verdict.violations(history.evidence()) == []


def test_a_call_may_go_out_before_the_retry_behind_a_hold_is_answered():
    history = History()
    request = history.visitor(10)
    history.call(request, 10.5, 422)
    history.person(request, 20, "retry", "queued")
    history.acts.append(PersonAct("hold", "operator", 30, 30.2, True))
    history.move(request, 30.1, "hold", "uncertain", "operator")
    history.move(request, 40.1, "retry", "queued", "staff", person="anne")
    history.acts.append(PersonAct("retry", "anne", 40, 40.9, True, request))
    history.call(request, 40.3)
    assert verdict.violations(history.evidence()) == []


def test_places_that_others_left_before_count_as_their_widgets_own():
    """The one behind them keeps the place that it was given when they still stood there."""
    history = History(fairness=5)
    left = [history.visitor(9, "bakery") for _ in range(10)]
    request = history.visitor(10, "bakery")
    for other in left:
        history.move(other, 9.8, "cancel", "cancelled", "staff")
        history.acts.append(PersonAct("cancel", "anne", 9.7, 9.9, True, request=other))
    for place in range(12):
        history.call(history.visitor(10), 11 + place)
    history.call(request, 23.6)
    assert verdict.violations(history.evidence()) == []


def test_a_retry_is_not_timed_when_the_databases_clock_was_wrong_before_it():
    history = History(unsure=(Period(20, 40, "clock"),))
    request = history.visitor(10)
    history.call(request, 10.5, 422)
    history.acts.append(PersonAct("retry", "anne", 30, 30.3, True, request=request))
    history.move(request, 50, "retry", "queued", "staff", person="anne")
    history.call(request, 51)
    assert verdict.violations(history.evidence()) == []


def test_who_was_given_up_by_a_clock_that_was_ahead_is_not_waited_for_in_calm_times():
    history = History(calm=(Period(20, 200),), calm_bound=20, unsure=(Period(12, 15, "clock"),))
    lost = history.visitor(10)
    history.move(lost, 16.5, "expire", "failed", "housekeeping")
    history.harms.append(Period(11, 17, "clock"))
    history.call(history.visitor(30), 31)
    assert verdict.violations(history.evidence()) == []
