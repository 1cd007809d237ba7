"""A report is read value by value: what cannot be read is left out, and stops nothing."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from callbacks.call_outcomes import report
from tests.support.call_reports import DOCUMENTED, json_reports


def read(**values: Any) -> report.Report:
    return report.read(json.dumps(values).encode())


def test_a_documented_report_is_read_without_its_transcript() -> None:
    found = read(**DOCUMENTED)
    assert found == report.Report(
        service_id="8f14e45f",
        at=datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC),
        status="qualified",
        duration=42.5,
        campaign="spring",
        tags=("meeting", "hot"),
        number="+33612345678",
        identifiers=("33612345678", "out", "Jo@Example.fr"),
    )
    assert "Bonjour" not in repr(found)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-06-01T14:00:30+02:00", datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC)),
        ("2026-06-01 12:00:30", datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC)),
        (1780315230, datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC)),
        (1780315230000, datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC)),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("0001-01-01T12:00:00Z", None),
        ("1999-12-31T23:59:59Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("2200-01-01T00:00:00Z", None),
        ("2026-06-01T12:00:30Z\0", None),
        ("2026-06-01T12:00:30Z" + " " * 30 + "x", None),
        (9e10, None),
        (2.5e14, None),
        ("", None),
        (-1, None),
        (1e300, None),
        (True, None),
        (None, None),
    ],
)
def test_a_time_is_read_in_each_usual_form(written: object, meant: datetime | None) -> None:
    assert read(timestamp=written).at == meant


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"ANI": "33612345678"}, "+33612345678"),
        ({"ani": 33612345678}, "+33612345678"),
        ({"ANI": "+33612345678"}, "+33612345678"),
        ({"ANI": "0612345678"}, ""),
        ({"ANI": "33 6"}, ""),
        ({"ANI": "9" * 5000}, ""),
        ({"ANI": ["33612345678"]}, ""),
        ({}, ""),
        ([], ""),
    ],
)
def test_the_customer_number_is_read_without_its_plus_sign(fields: object, number: str) -> None:
    assert read(metadata=fields).number == number


def test_what_is_too_long_is_cut_and_what_is_no_text_is_left_out() -> None:
    found = read(
        unique_id="x" * 5000,
        status="\0void\n",
        campaign={"name": "spring"},
        tags=["a" * 500, 7, None, ["b"], *map(str, range(100))],
        duration="long",
        metadata={str(n): "v" for n in range(1000)},
    )
    assert (len(found.service_id), found.status, found.campaign) == (100, "void", "")
    assert (len(found.tags[0]), len(found.tags), found.duration) == (60, 18, None)
    assert len(found.identifiers) == 50


def test_an_identifier_with_half_a_surrogate_pair_is_left_out() -> None:
    found = read(metadata={"a": "\ud800", "b": "jo@example.fr\udfff", "c": "Jo@Example.fr"})
    assert found.identifiers == ("Jo@Example.fr",)


@pytest.mark.parametrize("duration", [-1, True, "12", None, 10**400, [1]])
def test_a_duration_is_a_number_that_is_not_negative(duration: object) -> None:
    assert read(duration=duration).duration is None


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"text"', b"\xff\xfe{}", b"[" * 100_000, b"null", b"1" * 10_000]
)
def test_what_is_no_json_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(report.Unreadable):
        report.read(body)


@pytest.mark.long
@given(json_reports())
def test_any_json_object_is_read(values: dict[str, Any]) -> None:
    found = report.read(json.dumps(values).encode())
    texts = [found.service_id, found.status, found.campaign, *found.tags]
    assert not any(set(text) & {"\0", "\n"} for text in texts)
    for text in (*texts, *found.identifiers):
        text.encode()  # no half of a surrogate pair
    assert found.at is None or 2000 <= found.at.year <= 2199
