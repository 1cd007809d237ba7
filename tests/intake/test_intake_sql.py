"""What the statements of intake say is what the rules in Python say, whatever the rows hold."""

import itertools
import re
from datetime import UTC, datetime, timedelta

import pytest

from callbacks.abuse import block_list, limits
from callbacks.core import clock
from callbacks.dispatch import claim
from callbacks.intake import chosen_time, facts, request_form, write
from callbacks.models import BlockKind, CallRequest, ConsentProof, LimitHit
from callbacks.scheduling import fair_queue, wait_estimate
from tests.support.factories import make_submission, make_widget

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CLAIM = claim.SQL["claim"].text


def test_a_request_is_written_with_the_position_that_is_told_and_asked_about():
    text = fair_queue._SQL["next_position"].text
    assert text in facts._SQL["ask"].text
    position = text.removeprefix("SELECT ").removesuffix(" AS queue_position")
    assert position in write._SQL["add_request"].text
    joining = position.replace("%(widget_id)s", "due.widget_id")
    assert joining in fair_queue._SQL["join"].text


def test_a_form_is_told_the_wait_that_its_page_tells_afterwards():
    """From `ahead` on, the two statements differ in where they find the position alone."""
    own = wait_estimate._SQL["ask"].text.removeprefix("SELECT ")
    as_intake = own.replace("%(queue_position)s", "(SELECT queue_position FROM place)")
    assert facts._SQL["ask"].text.endswith(as_intake)


def test_due_and_blocked_are_the_same_conditions_as_elsewhere():
    due = re.search(
        r"status = 'queued' AND queue_position .*? AND patience_until .*? AND erased_at IS NULL",
        CLAIM,
    )
    assert due is not None
    assert facts._SQL["ask"].text.count(due.group()) == 2
    blocked = block_list._SQL["is_blocked"].text.replace("%(keys)s", "%(block_keys)s")
    assert blocked in facts._SQL["ask"].text


@pytest.mark.django_db
def test_a_block_is_in_force_in_the_statement_when_it_is_by_the_models():
    number = "+33612345678"
    with clock.set_to(NOW):
        for until in (None, NOW - SECOND, NOW, NOW + SECOND):
            block_list.add(BlockKind.NUMBER, number, until=until)
            is_in_force = block_list.in_force(NOW).exists()
            assert block_list.is_blocked(number=number) is is_in_force
            submission = make_submission(number=number)
            known = facts.ask(submission, request_form.cleaned(submission))
            assert known.is_blocked is is_in_force
        assert not block_list.is_blocked(number="+33612345679")


def is_written(submission):
    values = request_form.cleaned(submission)
    known = facts.ask(submission, values)
    time = chosen_time.time_of(submission.widget, values.number, values.when, known.now)
    try:
        write.write(submission, values, known, time, freed=[])
    except write.ConditionFailed:
        return False
    return True


def is_full(allowed):
    try:
        limits.raise_if_full(allowed, NOW)
    except limits.LimitReached:
        return True
    return False


@pytest.mark.django_db
@pytest.mark.parametrize("place", range(5))
def test_a_limit_is_full_in_the_statement_when_it_is_by_the_models(place, settings):
    settings.ACCOUNT_DAILY_CAP = 2
    widget = make_widget(hourly_cap=2, daily_cap=3)
    submission = make_submission(widget)
    number = request_form.cleaned(submission).number
    allowed = limits.of_request(widget, number, [], NOW)
    limit = allowed[place]
    moments = (
        -limit.window - SECOND,
        -limit.window,
        SECOND - limit.window,
        SECOND * 0,
        clock.SLACK,
        clock.SLACK + SECOND,
    )
    outcomes = set()
    with clock.set_to(NOW):
        for hits, moment in itertools.product(range(limit.most + 2), moments):
            LimitHit.objects.all().delete()
            for ordinal in range(7, 7 + hits):
                LimitHit.objects.create(key=limit.key, ordinal=ordinal, at=NOW + moment)
            full = is_full(allowed)
            assert is_written(submission) is not full, (limit, hits, moment)
            outcomes.add(full)
            assert CallRequest.objects.count() == ConsentProof.objects.count() == int(not full)
            written = LimitHit.objects.filter(at=NOW).exclude(ordinal__gte=7, ordinal__lt=7 + hits)
            assert written.count() == (0 if full else 3)
            ConsentProof.objects.all().delete()
            CallRequest.objects.all().delete()
    assert outcomes == {True, False}
