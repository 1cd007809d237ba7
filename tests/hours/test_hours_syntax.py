"""Opening hours as text: what is read, what is written, and what is refused with which sentence."""

from datetime import date, datetime, time, timedelta

import opening_hours as judge
import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import example, given
from hypothesis import strategies as st

from callbacks.hours import hours_syntax
from callbacks.hours.opening_hours import DAY, OpeningHours, Span, local_periods
from tests.support.hours.generated import opening_hours
from tests.support.hours.real import HOLIDAYS_2026, SAMPLES


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Mo-Fr 09:00-12:00,14:00-18:00", "Mo-Fr 09:00-12:00,14:00-18:00"),
        ("mo-fr 9:00 - 12:00 , 14:00-18:00 ;", "Mo-Fr 09:00-12:00,14:00-18:00"),
        ("Mo–Fr 09:00–12:00", "Mo-Fr 09:00-12:00"),
        ("Mo-Su 09:00-12:00", "09:00-12:00"),
        ("09:00-12:00", "09:00-12:00"),
        ("24/7", "24/7"),
        ("00:00-24:00", "24/7"),
        ("Fr-Mo 10:00-20:00", "Mo,Fr-Su 10:00-20:00"),
        ("Mo,We,Th 10:00-20:00", "Mo,We-Th 10:00-20:00"),
        ("Mo-Fr 09:00-18:00; We 09:00-12:00", "Mo-Tu,Th-Fr 09:00-18:00; We 09:00-12:00"),
        ("09:00-18:00; Sa-Su off", "Mo-Fr 09:00-18:00"),
        ("09:00-18:00; Sa-Su closed", "Mo-Fr 09:00-18:00"),
        ("14:00-18:00,09:00-12:00", "09:00-12:00,14:00-18:00"),
        ("09:00-12:00,12:00-14:00", "09:00-14:00"),
        ("22:00-26:00", "22:00-02:00"),
        ("22:00-02:00", "22:00-02:00"),
        ("20:00-08:00", "20:00-08:00"),
        ("14:00-34:00", "14:00-34:00"),
        ("24/7; PH off", "24/7; PH off"),
        ("Mo-Sa 09:00-18:00; Su,PH off", "Mo-Sa 09:00-18:00; PH off"),
        ("Mo-Sa 09:00-18:00; PH 10:00-12:00", "Mo-Sa 09:00-18:00; PH 10:00-12:00"),
        ("24/7; Dec 24 off", "24/7; Dec 24 off"),
        ("24/7; dec 4 off", "24/7; Dec 04 off"),
        ("24/7; Dec 24,Dec 31 off", "24/7; Dec 24,Dec 31 off"),
        ("24/7; Dec 24 off; Dec 31 off", "24/7; Dec 24,Dec 31 off"),
        ("24/7; 2026 Dec 24 off", "24/7; 2026 Dec 24 off"),
        ("24/7; Aug 01-31 off", "24/7; Aug 01-31 off"),
        ("24/7; Aug off", "24/7; Aug 01-31 off"),
        ("24/7; Feb off", "24/7; Feb 01-29 off"),
        ("24/7; 2026 Jan-Feb off", "24/7; 2026 Jan 01-2026 Feb 28 off"),
        ("24/7; Jul 15-Aug 15 off", "24/7; Jul 15-Aug 15 off"),
        ("24/7; Dec 24-Jan 02 off", "24/7; Dec 24-Jan 02 off"),
        ("24/7; 2026 Aug 01-31 off", "24/7; 2026 Aug 01-31 off"),
        ("24/7; 2026 Dec 24-Jan 02 off", "24/7; 2026 Dec 24-2027 Jan 02 off"),
        ("24/7; 2026 Dec 24-2027 Jan 02 off", "24/7; 2026 Dec 24-2027 Jan 02 off"),
        ("24/7; Aug 09:00-12:00", "24/7; Aug 01-31 09:00-12:00"),
        ("2026 Dec 05 09:00-12:00", "2026 Dec 05 09:00-12:00"),
        ('24/7; Dec 24 off "Christmas  Eve"', '24/7; Dec 24 off "Christmas Eve"'),
        ('24/7; PH off ""', "24/7; PH off"),
    ],
)
def test_a_text_is_written_in_one_way(text, canonical):
    hours = hours_syntax.read(text)
    assert hours_syntax.written(hours) == canonical
    assert hours_syntax.read(canonical) == hours


@pytest.mark.long
@given(opening_hours())
def test_what_is_written_reads_as_the_same_hours(hours):
    assert hours_syntax.read(hours_syntax.written(hours)) == hours


def test_a_dash_stands_for_a_hyphen_but_not_in_a_name():
    typed = 'Mo–Fr 09:00–18:00; PH off "Noël – Nouvel An"'
    assert hours_syntax.read(typed) == hours_syntax.read(
        'Mo-Fr 09:00-18:00; PH off "Noël – Nouvel An"'
    )
    assert "Noël – Nouvel An" in hours_syntax.written(hours_syntax.read(typed))


TIMES = "a time such as 09:00, or off"
ANYTHING = f"days (Mo, Tu, We, Th, Fr, Sa, Su or PH), a month (Jan to Dec), {TIMES}"
A_DAY = "a day (Mo, Tu, We, Th, Fr, Sa, Su)"
REFUSED = {
    "": "Enter the opening hours, for example Mo-Fr 09:00-18:00.",
    " \n ": "Enter the opening hours, for example Mo-Fr 09:00-18:00.",
    "off": "These hours are never open. Add a time, for example Mo-Fr 09:00-18:00.",
    ";": "These hours are never open. Add a time, for example Mo-Fr 09:00-18:00.",
    "Mo-Fr off; PH off": "These hours are never open. Add a time, for example Mo-Fr 09:00-18:00.",
    "Lu-Ve 09:00-12:00": f"At character 1, “Lu”: not understood. Expected: {ANYTHING}.",
    "Mo-Ve 09:00-12:00": f"At character 4, “Ve”: not understood. Expected: {A_DAY}.",
    "Mo-Fr 9h-12h": "At character 7, “9”: this is no time. Write hours and minutes: 09:00.",
    "Mo-Fr 9:5-12:00": "At character 7, “9”: this is no time. Write hours and minutes: 09:00.",
    "Mo-Fr": "The opening hours end too soon. Expected: a time such as 09:00, or off.",
    "Mo-Fr 09:00-": "The opening hours end too soon. Expected: a time such as 09:00, or off.",
    "Mo-Fr 09:00": "The opening hours end too soon. Expected: a hyphen and the end of the time.",
    "Mo-Fr 09:00,12:00": (
        "At character 12, “,”: not understood. Expected: a hyphen and the end of the time."
    ),
    "Mo-Fr 09:00-12:00 We 09:00-10:00": (
        "At character 19, “We”: not understood. Expected: a semicolon before the next rule."
    ),
    'Mo-Fr 09:00-12:00 "lunch"': (
        'At character 19, “"lunch"”: not understood. Expected: a semicolon before the next rule.'
    ),
    "Mo-Fr 09:00-12:00, We 14:00-18:00": (
        f"At character 20, “We”: not understood. Expected: {TIMES}."
    ),
    "Mo 09:60-12:00": "At character 4, “09:60”: this time does not exist.",
    "Mo 24:00-26:00": "At character 4, “24:00”: this time does not exist.",
    "Mo 10:00-48:01": "At character 10, “48:01”: this time does not exist.",
    "Mo 10:00-10:00": (
        "At character 4, “10”: this time ends before it begins. If it goes on until the next day, "
        "add 24 to the hour of its end."
    ),
    "Mo 14:00-10:00": (
        "At character 4, “14”: this time ends before it begins. If it goes on until the next day, "
        "add 24 to the hour of its end."
    ),
    "Mo 09:00-12:00,11:00-14:00": (
        "At character 16, “11”: this time overlaps with another one of the same day."
    ),
    "Mo 20:00-02:00,23:00-24:00": (
        "At character 16, “23”: this time overlaps with another one of the same day."
    ),
    "24/7; PH off; Mo 09:00-12:00": (
        "At character 15, “Mo”: write the days of the week before special days and public holidays."
    ),
    "Dec 24 off; 24/7": (
        "At character 13, “24/7”: write the days of the week before special days and public "
        "holidays."
    ),
    "24/7; Feb 30 off": "At character 7, “Feb”: this month does not have that many days.",
    "24/7; 2026 Feb 29 off": "At character 7, “2026”: this month does not have that many days.",
    "24/7; Dec 32 off": "At character 11, “32”: this is no day of a month.",
    "24/7; Dec 0 off": "At character 11, “0”: this is no day of a month.",
    "24/7; Aug 31-01 off": "At character 7, “Aug”: the last day comes before the first.",
    "24/7; 2026 Dec 24-2026 Jan 02 off": (
        "At character 7, “2026”: the last day comes before the first."
    ),
    "24/7; Dec 24-2027 Jan 02 off": (
        "At character 7, “Dec”: write the year before the first day, too."
    ),
    "24/7; 1999 Dec 24 off": "At character 7, “1999”: this is no year from 2000 to 2999.",
    "24/7; 2026 off": (
        "At character 12, “off”: not understood. Expected: a month (Jan, Feb, Mar, Apr, May, Jun, "
        "Jul, Aug, Sep, Oct, Nov, Dec)."
    ),
    "24/7; Dec 24,31 off": (
        "At character 14, “31”: not understood. Expected: a month (Jan, Feb, Mar, Apr, May, Jun, "
        "Jul, Aug, Sep, Oct, Nov, Dec)."
    ),
    '24/7; Dec 24 off "Eve': (
        'At character 18, “"”: not understood. Expected: a semicolon before the next rule.'
    ),
    '24/7; Dec 24 off "a\x00b"': (
        'At character 18, “"a\x00b"”: this name has characters that cannot be shown.'
    ),
    "Mo ٠٩:٠٠-١٢:٠٠": f"At character 4, “٠”: not understood. Expected: {TIMES}.",
    "x" * 30: f"At character 1, “{'x' * 20}…”: not understood. Expected: {ANYTHING}.",
    "9" * 4999: f"At character 1, “{'9' * 20}…”: this is no time. Write hours and minutes: 09:00.",
    "x" * 5001: "The opening hours have 5001 characters. At most 5000 are possible.",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:40])
def test_a_text_that_is_wrong_is_refused_with_a_sentence_that_points_at_the_place(text):
    with pytest.raises(ValidationError) as refused:
        hours_syntax.check(text)
    assert refused.value.messages == [REFUSED[text]]


def test_the_sentences_are_french_for_french_readers():
    with translation.override("fr"), pytest.raises(ValidationError) as refused:
        hours_syntax.check("Mo-Ve 09:00-12:00")
    with translation.override("fr"):
        assert refused.value.messages == [
            "Au caractère 4, «\xa0Ve\xa0»\xa0: texte non reconnu. Attendu\xa0: un jour (Mo, Tu, "
            "We, Th, Fr, Sa, Su)."
        ]


def test_what_would_be_written_too_long_is_refused():
    text = ";".join(["24/7", *["Aug 1:00-2:00", "Sep 3:00-4:00"] * 150])
    assert len(text) < hours_syntax.LONGEST_TEXT
    with pytest.raises(ValidationError, match="At most 5000"):
        hours_syntax.check(text)


PIECES = st.sampled_from([*'MoDec 0129:-,;/"', "24/7", "off", "Mo", "Dec", "PH", "09:00", "26:00"])


@given(st.lists(PIECES, max_size=20).map("".join))
@example("24/7; 2026 Dec 24-")
def test_any_text_is_read_or_refused(text):
    try:
        hours = hours_syntax.read(text)
    except ValidationError:
        return
    assert hours_syntax.read(hours_syntax.written(hours)) == hours


def _judged(text: str, first: date, days: int) -> list[Span]:
    """Return the open periods by opening-hours-py, an independent reader of the same syntax."""
    begin = datetime.combine(first, time())
    end = begin + timedelta(days=days)
    found: list[Span] = []
    for since, until, state, _comments in judge.OpeningHours(text).intervals(begin, end):
        if state == judge.State.OPEN:
            if found and found[-1][1] == since:
                found[-1] = (found[-1][0], min(until or end, end))
            else:
                found.append((since, min(until or end, end)))
    return found


def _ours(hours: OpeningHours, first: date, days: int) -> list[Span]:
    return local_periods(hours, first, first + timedelta(days=days - 1), HOLIDAYS_2026)


# Up to midnight, because the specification ends a night where the next day's rule begins.
@pytest.mark.long
@given(opening_hours(latest=DAY, with_holidays=False))
def test_another_reader_of_the_syntax_finds_the_same_periods(hours):
    text = hours_syntax.written(hours)
    assert _ours(hours, date(2025, 12, 1), 420) == _judged(text, date(2025, 12, 1), 420), text


@pytest.mark.parametrize("sample", [name for name in SAMPLES if "two" not in name])
def test_another_reader_finds_the_same_periods_in_real_hours(sample):
    text = SAMPLES[sample].text
    holidays = ",".join(sorted(day.strftime("%Y %b %d") for day in HOLIDAYS_2026))
    expected = _judged(text.replace("PH", holidays), date(2026, 1, 1), 365)
    assert _ours(hours_syntax.read(text), date(2026, 1, 1), 365) == expected
