"""What is decided about a submission, from values and facts alone: no database is asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callbacks.consent.proof import Vouched
from callbacks.intake import decision
from callbacks.intake.errors import Rejected, ShownBeforeRestore, TooMany
from callbacks.intake.facts import Facts
from callbacks.intake.submission import Submission
from callbacks.models import ApiKey, RefusalKind, Widget
from callbacks.scheduling.call_time import CallTime

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
PATIENCE = timedelta(minutes=15)
NOW_TO_PATIENCE = CallTime(NOW, is_scheduled=False, patience_until=NOW + PATIENCE)


def submission(*, restore_mark: str | None = "", is_paused: bool = False) -> Submission:
    widget = Widget(patience_minutes=PATIENCE // timedelta(minutes=1), is_paused=is_paused)
    return Submission(
        widget=widget,
        nonce="n",
        number="06 12 34 56 78",
        email="",
        language="en",
        consent=True,
        consent_text="Call me.",
        restore_mark=restore_mark,
    )


def facts(
    *, restore_mark: str = "", is_blocked: bool = False, wait: timedelta = timedelta()
) -> Facts:
    return Facts(
        now=NOW,
        is_taken_before=False,
        restore_mark=restore_mark,
        is_blocked=is_blocked,
        expected_wait=wait,
        text_id=None,
        text_version=None,
    )


def test_a_submission_with_nothing_against_it_is_accepted() -> None:
    assert decision.objection(submission(), facts()) is None


@pytest.mark.parametrize("mark", ["before", ""])
def test_a_form_shown_before_the_last_restore_is_not_accepted(mark: str) -> None:
    why_not = decision.objection(submission(restore_mark=mark), facts(restore_mark="now"))
    assert isinstance(why_not, ShownBeforeRestore)


def test_what_was_not_shown_as_a_form_is_of_no_restore() -> None:
    sent = submission(restore_mark=None)
    assert decision.objection(sent, facts(restore_mark="now")) is None


def test_a_blocked_visitor_is_rejected() -> None:
    why_not = decision.objection(submission(), facts(is_blocked=True))
    assert isinstance(why_not, Rejected)
    assert why_not.kind is RefusalKind.BLOCKED


def test_a_paused_widget_takes_nothing_and_tells_nothing_of_the_block_list() -> None:
    why_not = decision.objection(submission(is_paused=True), facts(is_blocked=True))
    assert isinstance(why_not, Rejected)
    assert why_not.kind is RefusalKind.PAUSED


@pytest.mark.parametrize(
    ("wait", "retry_after"),
    [
        (PATIENCE, timedelta(minutes=1)),
        (PATIENCE + timedelta(seconds=30), timedelta(minutes=1)),
        (PATIENCE + timedelta(minutes=7), timedelta(minutes=7)),
    ],
)
def test_a_call_that_would_come_too_late_is_not_promised(
    wait: timedelta, retry_after: timedelta
) -> None:
    why_not = decision.objection_to_wait(NOW_TO_PATIENCE, facts(wait=wait))
    assert isinstance(why_not, TooMany)
    assert (why_not.kind, why_not.retry_after) == (RefusalKind.BUSY, retry_after)


def test_a_call_that_would_come_in_time_is_promised() -> None:
    in_time = facts(wait=PATIENCE - timedelta(seconds=1))
    assert decision.objection_to_wait(NOW_TO_PATIENCE, in_time) is None


def test_a_call_at_closing_must_come_before_closing() -> None:
    until_closing = CallTime(NOW, is_scheduled=False, patience_until=NOW + timedelta(minutes=2))
    why_not = decision.objection_to_wait(until_closing, facts(wait=timedelta(minutes=2)))
    assert isinstance(why_not, TooMany)
    assert decision.objection_to_wait(until_closing, facts(wait=timedelta(minutes=1))) is None


def test_the_queue_of_now_says_nothing_about_a_later_call() -> None:
    later = CallTime(NOW + PATIENCE, is_scheduled=True, patience_until=NOW + 2 * PATIENCE)
    assert decision.objection_to_wait(later, facts(wait=timedelta(hours=9))) is None


@pytest.mark.parametrize(
    ("ahead", "is_accepted"),
    [(decision.LATEST_CONSENT, True), (decision.LATEST_CONSENT + timedelta(microseconds=1), False)],
)
def test_a_system_whose_clock_is_a_little_ahead_may_vouch_for_a_consent(
    ahead: timedelta, is_accepted: bool
) -> None:
    vouched = Vouched(text="Call me.", given_at=NOW + ahead, key=ApiKey())
    why_not = decision.objection(replace(submission(), vouched=vouched), facts())
    assert (why_not is None) is is_accepted
