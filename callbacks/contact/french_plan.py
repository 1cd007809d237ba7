"""The French national numbering plan: which blocks are overseas, and which are never called.

Mainland France and the overseas territories dial the same ten digits, but each territory has a
country code of its own. A block belongs to one territory only.

Source: ARCEP, decision no. 2018-0881 of 24 July 2018 (national numbering plan and its rules of
management), annex 1, replaced by decision no. 2022-1583 of 1 September 2022. Article 2.5.12 lists
the numbers for audiovisual works, which "can neither call nor be called".

Of the annex, the table of territories could not be read when this was written. The blocks were
taken from libphonenumber (phonenumbers 9.0.42): the metadata of every territory, and the
provenance that its `resources/metadata/*/ranges.csv` state, ITU or regulator. Where two
territories claim a block there, the one with such a provenance has it:

- 976 is claimed whole by Guyane, on a carrier's word. The regulator's reports and the ITU give
  9760, 9761 and 9768 to Guadeloupe, and the others to the territories below.
- 9396 and 9397 are claimed by Guadeloupe after roaming documents. The ITU gives them to Guyane
  and Martinique.

The neighbours of these blocks within 02, 05 and 09 (0268 0 to 0268 7, 0598 0 to 0598 6, 0939 0 to
0939 4, 0947 0 to 0947 4) are mainland. So is 0695: a mobile of France in the metadata, and Free
Mobile's in its carrier data.
"""

import re
from typing import NamedTuple

MAINLAND = 33


class Territory(NamedTuple):
    """A part of France overseas, which has a country code of its own."""

    country_code: int
    regions: tuple[str, ...]
    """ISO 3166."""
    prefixes: tuple[str, ...]
    """How its numbers begin when dialled within France, without the trunk 0; none in the Pacific,
    which has numbering plans of its own."""


# The lines of a territory: landlines, mobiles, numbers of no place (VoIP).
OVERSEAS = (
    Territory(
        262,
        ("RE",),
        ("262", "263", "2688", "692", "693", "7092", "9399", "9479", "9762", "9763"),
    ),
    Territory(
        262,
        ("YT",),
        ("269", "2689", "639", "70935", "70936", "70937", "9398", "9478", "9769"),
    ),
    Territory(508, ("PM",), ("508", "7084", "7085")),
    Territory(
        590,
        ("GP", "BL", "MF"),
        ("590", "5987", "690", "691", "7090", "9395", "9475", "9760", "9761", "9768"),
    ),
    Territory(
        594,
        ("GF",),
        (
            *("594", "5988", "694", "70930", "70931", "70932", "70933"),
            *("9396", "9476", "9764", "9765"),
        ),
    ),
    Territory(
        596,
        ("MQ",),
        ("596", "5989", "696", "697", "7091", "9397", "9477", "9766", "9767"),
    ),
    Territory(681, ("WF",), ()),
    Territory(687, ("NC",), ()),
    Territory(689, ("PF",), ()),
)

COUNTRY_CODES = frozenset({MAINLAND} | {t.country_code for t in OVERSEAS if t.prefixes})
REGIONS = frozenset({"FR"} | {region for t in OVERSEAS if t.prefixes for region in t.regions})

FICTION = ("19900", "26191", "35301", "46571", "53649", "63998")
"""Beginnings kept for films and books: never assigned, so never called."""

_NATIONAL = re.compile("[1-9][0-9]{8}")
_DIALLED = re.compile("0?[1-9][0-9]{8}")


def territory_of(national: str) -> Territory | None:
    """Return the overseas territory that a number begins in, or None.

    `national`: the digits without country code and trunk 0, or the first of them.
    """
    return next((t for t in OVERSEAS if t.prefixes and national.startswith(t.prefixes)), None)


def is_fiction(national: str) -> bool:
    """Return whether a number is kept for films and books. `national`: nine digits."""
    return _NATIONAL.fullmatch(national) is not None and national.startswith(FICTION)


def is_dialled(digits: str) -> bool:
    """Return whether the digits have the shape of a French number, as dialled within France, with
    or without the trunk 0. The number need not exist."""
    return _DIALLED.fullmatch(digits) is not None


def canonical_prefix(e164: str) -> str:
    """Return the beginning of an E.164 number under the country code that its block belongs to:
    +262692… for +33692…. Any other beginning is returned unchanged."""
    national = e164.removeprefix(f"+{MAINLAND}")
    if national == e164 or (territory := territory_of(national)) is None:
        return e164
    return f"+{territory.country_code}{significant(national)}"


def significant(national: str) -> str:
    """Return the national number without what is no part of it in E.164: Saint-Pierre-et-Miquelon's
    own numbers have six digits, behind 0508 from elsewhere."""
    return national.removeprefix("508")
