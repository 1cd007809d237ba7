"""What is not callable is refused with the reason that helps the visitor most."""

import pytest

from callbacks.contact.phone_numbers import Reason
from tests.support.samples.refusals import refusal


@pytest.mark.parametrize("typed", ["", " ", "\t\r\n", "\u00a0", "\u200b\ufeff", "tel:"])
def test_nothing_typed(typed: str) -> None:
    assert refusal(typed) is Reason.EMPTY


@pytest.mark.parametrize(
    "typed",
    [
        *("0800123456", "0 800 123 456", "0805 12 34 56", "0806123456", "0809123456"),
        *("0810123456", "0811 12 34 56", "0820123456", "0825.12.34.56", "0826123456"),
        *("0836123456", "08 36 65 65 65", "0890123456", "0891123456", "0892 70 12 34"),
        *("0899123456", "0870123456", "0884123456"),
        *("+33800123456", "+33 (0)8 92 70 12 34", "0033 8 36 65 65 65", "33892701234", "892701234"),
    ],
)
def test_special_numbers(typed: str) -> None:
    assert refusal(typed) is Reason.SPECIAL


@pytest.mark.parametrize(
    "typed",
    [
        *("3639", "3615", "36 31", "36.31", "3919", "1014", "10 14", "1023", "3651"),
        *("118 218", "118218", "118-000", "116 117", "116000"),
        *("112", "15", "17", "18", "114", "119", "191", "196", "36180", "911", "42", "1234"),
        *("+33 3639", "0033 118 218", "+33112", "\uff11\uff11\uff12"),
    ],
)
@pytest.mark.parametrize("regions", [("FR",), ("FR", "BE"), ("GB",), ("DE",), ("RE",), ("US",)])
def test_short_numbers_whatever_is_allowed(typed: str, regions: tuple[str, ...]) -> None:
    assert refusal(typed, *regions) is Reason.SHORT


@pytest.mark.parametrize(
    "typed",
    [
        *("0612", "061234567", "06 12 34 56", "01 23 45 67 8", "0", "5", "00", "0033", "+33"),
        *("+33 0", "+33 6 12 34 5", "0030000000"),  # the last: Greece, too short
    ],
)
def test_too_few_digits(typed: str) -> None:
    assert refusal(typed) is Reason.TOO_SHORT


@pytest.mark.parametrize(
    "typed",
    [
        *("06123456789", "0700 12 34 56 78 90", "+33 700 1234567890", "0612345678 0698765432"),
        *("0612345678 / 0698765432", "1" * 41),
    ],
)
def test_too_many_digits(typed: str) -> None:
    assert refusal(typed) is Reason.TOO_LONG


@pytest.mark.parametrize(
    "typed",
    [
        *("0700123456", "0712345678", "0400123456", "0000000000"),
        *("0639981234", "06 39 98 12 34", "+33 6 39 98 12 34", "0033639981234"),
    ],
)
def test_digits_that_are_nobodys_number(typed: str) -> None:
    assert refusal(typed) is Reason.IMPOSSIBLE


@pytest.mark.parametrize(
    "typed",
    [
        *("0800-FLOWERS", "0800FLOWERS", "06O1234567", "o612345678", "06 12 34 56 78 bonjour"),
        *("bonjour 06 12 34 56 78", "<b>0612345678</b>", "'0612345678' OR 1=1"),
        "tel:0612345678;phone-context=+33",
    ],
)
def test_letters(typed: str) -> None:
    assert refusal(typed) is Reason.LETTERS


@pytest.mark.parametrize("typed", ["jo@example.fr", "06@12", "x" * 60 + "@example.fr"])
def test_an_email_address(typed: str) -> None:
    assert refusal(typed) is Reason.EMAIL


@pytest.mark.parametrize(
    "typed",
    [
        *("++33612345678", "+33+612345678", "00+33612345678", "+", "-----", "()"),
        *("06 12 34 56 78,", ";06 12 34 56 78", "06 12 34 56 78 ;", "~0612345678", "06*12345678"),
        *("#31#0612345678", "*31#0612345678", "06 12 34 56 78#", "06\x0012345678"),
        *("0612345678\x00", "\x000612345678", "06\n12\n34\n56\n78", "\x1b0612345678"),
        *("06 12 34 56 7\u00b2", "\u24ea612345678", "06 12 34 56 78 \ud800"),
        "\U0001f4de0612345678",
    ],
)
def test_other_characters(typed: str) -> None:
    assert refusal(typed) is Reason.CHARACTERS


@pytest.mark.parametrize(
    "typed",
    [
        *("+44 20 7946 0958", "0044 20 7946 0958", "+1 212 555 1234", "+1 (555) 123-4567"),
        *(
            "+377 99 12 34 56",
            "+376 312 345",
            "+881 6 1234 5678",
            "+870 773 111 632",
            "+800 1234 5678",
        ),
        *("+32 470 12 34 56", "+41 78 123 45 67", "+44 1234"),
    ],
)
def test_other_countries(typed: str) -> None:
    assert refusal(typed) is Reason.FOREIGN


@pytest.mark.parametrize(
    "mark",
    [
        *(
            ";ext=12",
            ";EXT=12",
            " x12",
            "x12",
            " #12",
            "#12",
            " poste 12",
            " - Poste 12",
            " (poste 12)",
        ),
        *(" ext. 12", " extension 12", ",12", ",,12#", ";12", " int. 4", " p. 4"),
        *("#\uff11\uff12", ";ext=\u0661\u0662"),
    ],
)
@pytest.mark.parametrize("number", ["06 12 34 56 78", "+33612345678", "0033 (0)6 12 34 56 78"])
def test_extensions(number: str, mark: str) -> None:
    assert refusal(number + mark) is Reason.EXTENSION


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("0892701234 x12", Reason.SPECIAL),
        ("3639 poste 1", Reason.SHORT),
        ("0692123456;ext=12", Reason.OVERSEAS),
        ("+44 20 7946 0958 x12", Reason.FOREIGN),
        ("06123 x12", Reason.TOO_SHORT),
    ],
)
def test_an_extension_is_the_least_of_two_objections(typed: str, reason: Reason) -> None:
    assert refusal(typed) is reason
