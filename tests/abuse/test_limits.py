"""One request in five minutes and three a day for a number, a daily cap for a widget; exact."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from callbacks.abuse import limit_usage, limits
from callbacks.core import clock
from callbacks.intake import accept
from callbacks.intake import errors as intake_errors
from callbacks.lifecycle import retrying
from callbacks.models import CallRequest, LimitHit, Refusal, RefusalKind
from tests.support.concurrency import concurrently
from tests.support.factories import make_submission, make_widget

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def accept_at(moment, nonce, widget=None, **fields):
    with clock.set_to(moment):
        return accept.accept(make_submission(widget, nonce=nonce, **fields))


@pytest.mark.django_db
def test_one_request_in_five_minutes_over_all_widgets():
    accept_at(NOW, "a")
    with pytest.raises(intake_errors.TooMany) as refused:
        accept_at(NOW + 4 * MINUTE, "b", make_widget())
    assert refused.value.retry_after == 5 * MINUTE
    accept_at(NOW + 5 * MINUTE, "c", make_widget())


@pytest.mark.django_db
def test_three_requests_in_any_day():
    for index in range(3):
        accept_at(NOW + index * 60 * MINUTE, f"n{index}")
    with pytest.raises(intake_errors.TooMany) as refused:
        accept_at(NOW + timedelta(hours=23), "n3")
    assert refused.value.retry_after == timedelta(hours=1)
    accept_at(NOW + timedelta(hours=24), "n4")


@pytest.mark.django_db
def test_a_widget_has_a_daily_cap():
    widget = make_widget(daily_cap=2)
    for index in range(2):
        accept_at(NOW, f"n{index}", widget, number=f"061234560{index}")
    with pytest.raises(intake_errors.TooMany):
        accept_at(NOW, "n2", widget, number="0612345602")
    accept_at(NOW, "n3", make_widget(), number="0612345602")


@pytest.mark.django_db
@pytest.mark.parametrize("cap", ["widget", "account"])
def test_a_daily_cap_has_room_again_after_24_hours(settings: Settings, cap: str) -> None:
    widget = make_widget(daily_cap=1 if cap == "widget" else 1000)
    settings.ACCOUNT_DAILY_CAP = 1 if cap == "account" else 1000
    accept_at(NOW, "a", widget)
    with pytest.raises(intake_errors.TooMany):
        accept_at(NOW + timedelta(hours=24, seconds=-1), "b", widget, number="0781234567")
    accept_at(NOW + timedelta(hours=24), "c", widget, number="0781234567")


@pytest.mark.django_db
def test_a_refusal_is_counted_under_the_limit_that_is_full_not_one_with_room() -> None:
    widget = make_widget(daily_cap=1)
    accept_at(NOW - 60 * MINUTE, "a", number="0781234567")
    ahead = NOW + timedelta(days=1)  # the clock was ahead
    LimitHit.objects.create(key=limits.number_key("+33781234567"), ordinal=2, at=ahead)
    accept_at(NOW, "b", widget)
    with pytest.raises(intake_errors.TooMany):
        accept_at(NOW, "c", widget, number="0781234567")
    assert Refusal.objects.get().kind == RefusalKind.WIDGET


@pytest.mark.django_db
def test_a_widget_has_an_hourly_cap():
    widget = make_widget(hourly_cap=1)
    accept_at(NOW, "a", widget)
    with pytest.raises(intake_errors.TooMany) as refused:
        accept_at(NOW + 59 * MINUTE, "b", widget, number="0781234567")
    assert refused.value.retry_after == 5 * MINUTE
    accept_at(NOW + 60 * MINUTE, "c", widget, number="0781234567")


@pytest.mark.django_db
def test_the_account_has_a_daily_cap_over_all_widgets(settings):
    settings.ACCOUNT_DAILY_CAP = 2
    accept_at(NOW, "a", number="0612345601")
    accept_at(NOW, "b", number="0612345602")
    with pytest.raises(intake_errors.TooMany):
        accept_at(NOW, "c", number="0612345603")


@pytest.mark.django_db
def test_a_retry_by_staff_counts_too(admin_user):
    call_request = accept_at(NOW, "a").call_request
    CallRequest.objects.filter(pk=call_request.pk).update(status="failed")
    call_request.refresh_from_db()
    with clock.set_to(NOW + 10 * MINUTE):
        assert retrying.retry(call_request, admin_user)
    with pytest.raises(intake_errors.TooMany):
        accept_at(NOW + 12 * MINUTE, "b")


@pytest.mark.django_db
@pytest.mark.parametrize("cap", ["hourly", "daily", "account"])
def test_a_retry_by_staff_counts_for_every_cap_and_is_never_refused(admin_user, settings, cap):
    caps = {"hourly_cap": 2} if cap == "hourly" else {"daily_cap": 2} if cap == "daily" else {}
    widget = make_widget(**caps)
    settings.ACCOUNT_DAILY_CAP = 2 if cap == "account" else 1000
    call_request = accept_at(NOW, "a", widget).call_request
    for _time in range(2):
        CallRequest.objects.update(status="failed")
        call_request.refresh_from_db()
        with clock.set_to(NOW):
            assert retrying.retry(call_request, admin_user)
    with pytest.raises(intake_errors.TooMany):
        accept_at(NOW, "b", widget, number="0781234567")
    assert limit_usage.usage(widget, NOW) == limit_usage.Usage(hour=3, day=3, retries=2)
    later = NOW + timedelta(hours=2)
    assert limit_usage.usage(widget, later) == limit_usage.Usage(hour=0, day=3, retries=2)
    assert limit_usage.usage(make_widget(), NOW) == limit_usage.Usage(hour=0, day=0, retries=0)


@pytest.mark.django_db
def test_the_usage_of_a_widget_is_that_of_the_last_24_hours_even_if_the_clock_was_ahead() -> None:
    widget = make_widget()
    for index, moment in enumerate([NOW, NOW + timedelta(hours=72)]):
        accept_at(moment, f"n{index}", widget)
    assert limit_usage.usage(widget, NOW) == limit_usage.Usage(hour=1, day=1, retries=0)
    later = NOW + timedelta(hours=25)
    assert limit_usage.usage(widget, later) == limit_usage.Usage(hour=0, day=0, retries=0)


@pytest.mark.django_db
def test_a_refused_request_uses_nothing_up():
    widget = make_widget(daily_cap=1)
    accept_at(NOW, "a", widget)
    hits = LimitHit.objects.count()
    with pytest.raises(intake_errors.TooMany):
        accept_at(NOW, "b", widget, number="0781234567")
    assert LimitHit.objects.count() == hits


@pytest.mark.django_db
def test_a_hit_under_each_key_is_one_statement_and_has_the_next_number_of_its_key(
    django_assert_num_queries,
):
    for key, ordinal in (("number:a", 4), ("number:a", 5), ("widget:1", 9)):
        LimitHit.objects.create(key=key, ordinal=ordinal, at=NOW)
    with django_assert_num_queries(1):
        limits.count_retry(["number:a", "account"], NOW + MINUTE)
    added = LimitHit.objects.filter(at__gt=NOW).values_list("key", "ordinal", "at")
    assert set(added) == {("number:a", 6, NOW + MINUTE), ("account", 1, NOW + MINUTE)}


@pytest.mark.django_db
def test_all_limits_are_one_query_and_the_first_that_is_full_is_named(django_assert_num_queries):
    widget = make_widget(daily_cap=1)
    allowed = limits.of_request(widget, "+33612345678")
    with django_assert_num_queries(1):
        limits.raise_if_full(allowed, NOW)
    LimitHit.objects.create(key=limits.widget_key(widget), ordinal=1, at=NOW)
    with pytest.raises(limits.LimitReached) as of_widget:
        limits.raise_if_full(allowed, NOW + MINUTE)
    assert of_widget.value.kind is RefusalKind.WIDGET
    assert of_widget.value.retry_after == timedelta(days=1) - MINUTE
    LimitHit.objects.create(key=limits.number_key("+33612345678"), ordinal=1, at=NOW)
    with pytest.raises(limits.LimitReached) as of_number, django_assert_num_queries(1):
        limits.raise_if_full(allowed, NOW + MINUTE)
    assert of_number.value.kind is RefusalKind.NUMBER
    assert of_number.value.retry_after == 4 * MINUTE


@pytest.mark.django_db
def test_the_table_names_nobody(settings):
    key = limits.number_key("+33612345678")
    assert "612345678" not in key
    settings.HASH_KEY = "another" * 8
    assert limits.number_key("+33612345678") != key


@pytest.mark.django_db
def test_hits_that_no_window_reaches_are_forgotten():
    accept_at(NOW, "a")
    assert limits.forget_old(NOW + timedelta(hours=23)) == 0
    assert limits.forget_old(NOW + timedelta(hours=25)) == 3
    assert LimitHit.objects.count() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("cap", "number_of"),
    [(500, lambda index: "0612345678"), (1, lambda index: f"061234567{index}")],
    ids=["number", "widget"],
)
def test_exact_under_concurrency(cap, number_of):
    widget = make_widget(daily_cap=cap)

    def is_accepted(index):
        try:
            accept.accept(make_submission(widget, nonce=f"n{index}", number=number_of(index)))
        except intake_errors.TooMany:
            return False
        return True

    assert sorted(concurrently(8, is_accepted)) == [False] * 7 + [True]
    assert CallRequest.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_many_times_at_once_is_one_request():
    widget = make_widget()
    tokens = concurrently(8, lambda _: accept.accept(make_submission(widget)).call_request.token)
    assert len(tokens) == 8
    assert len(set(tokens)) == CallRequest.objects.count() == 1
