"""Say when a widget was open, by the judge's own rule: slow, and second by second.

It reads only the hours that the run writes (`benchmarks.havoc.opening`): rules of days and times
within a day, such as `Mo-Su 09:00-12:00,14:00-18:00`, one after the other. The last rule that names
a day counts.
"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from benchmarks.havoc.judge.case import Case
from benchmarks.havoc.judge.evidence import Widget

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
# Seconds for which the judge looks ahead, when it counts open time.
HORIZON = 3600


def is_open(text: str, time_zone: str, at: float) -> bool:
    """Return whether the hours `text` are open at `at`. An empty text is always open."""
    if not text:
        return True
    local = datetime.fromtimestamp(at, ZoneInfo(time_zone))
    second = local.hour * 3600 + local.minute * 60 + local.second
    times = ""
    for rule in text.split("; "):
        days, _, of_days = rule.partition(" ")
        first, _, last = days.partition("-")
        if DAYS.index(first) <= local.weekday() <= DAYS.index(last or first):
            times = of_days
    return any(_second(begin) <= second < _second(end) for begin, end in _periods(times))


def _periods(times: str) -> Iterator[tuple[str, str]]:
    for period in times.split(",") if times and times != "off" else ():
        begin, _, end = period.partition("-")
        yield begin, end


def _second(clock_time: str) -> int:
    hours, _, minutes = clock_time.partition(":")
    return int(hours) * 3600 + int(minutes) * 60


def standing(case: Case, public_id: str, since: float, until: float) -> set[str]:
    """Return all hours that a widget may have had at some time between `since` and `until`.

    They stand from when a member of staff pressed the button, at the earliest, until somebody was
    told that other hours are stored.
    """
    widget = case.settings.widgets[public_id]
    slack = case.settings.slack
    texts = [(float("-inf"), widget.hours)]
    for act in case.evidence.acts:
        if act.kind != "hours" or act.widget != public_id or act.is_done is False:
            continue
        if act.asked_at > until + slack:
            break
        if act.is_done and act.done_at is not None and act.done_at < since - slack:
            texts.clear()
        texts.append((act.asked_at, act.hours))
    return {text for _asked_at, text in texts}


def may_be_open(case: Case, public_id: str, at: float) -> bool:
    """Return whether the widget may have been open at some time within the slack around `at`."""
    zone, slack = case.settings.widgets[public_id].time_zone, case.settings.slack
    return any(
        is_open(text, zone, moment)
        for text in standing(case, public_id, at, at)
        for moment in (at - slack, at, at + slack)
    )


def surely_open(case: Case, public_id: str, since: float, until: float) -> bool:
    """Return whether the widget was open all the time, whatever hours stood."""
    zone = case.settings.widgets[public_id].time_zone
    texts = standing(case, public_id, since, until)
    return all(is_open(text, zone, at) for text in texts for at in _seconds(since, until))


def waited_out(case: Case, public_id: str, since: float, patience: float) -> float:
    """Return when `patience` seconds have passed at the latest that the widget was surely open.

    The hours may change meanwhile. So a second counts if it is open by all the hours that stood at
    any time from `since` on. It may never come: then the wait has no end that can be judged.
    """
    widget = case.settings.widgets[public_id]
    texts = standing(case, public_id, since, case.ended_at)
    if not widget.hours:
        return since + patience
    left = patience
    for at in _seconds(since, since + patience + HORIZON):
        left -= all(is_open(text, widget.time_zone, at) for text in texts)
        if left <= 0:
            return at + 1
    return float("inf")


def is_inside(widget: Widget, text: str, since: float, until: float) -> bool:
    """Return whether the time from `since` to `until` is open as a whole by these hours."""
    return all(is_open(text, widget.time_zone, at) for at in _seconds(since, until))


def _seconds(since: float, until: float) -> Iterator[float]:
    at = since
    while at < until:
        yield at
        at += 1
