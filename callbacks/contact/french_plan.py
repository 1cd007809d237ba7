"""The French national numbering plan: which blocks are overseas, and which are never called.

Mainland France and the overseas territories dial the same ten digits, but each territory has a
country code of its own. A block belongs to one territory only.

Source: ARCEP, decision no. 2018-0881 of 24 July 2018 (national numbering plan and its rules of
management), annex 1, replaced by decision no. 2022-1583 of 1 September 2022. Article 2.5.12 lists
the numbers for audiovisual works, which "can neither call nor be called".

The annex's table of territories could not be read when this was written. So the blocks come from
libphonenumber (phonenumbers 9.0.42): the metadata of every territory, and the origin that its
`resources/metadata/*/ranges.csv` state for each range (ITU or regulator). Two territories claim
some blocks there. Such a block is given to the territory whose claim comes from the ITU or the
regulator:

- 976 is claimed whole by Guyane, on a carrier's word. The regulator's reports and the ITU give
  9760, 9761 and 9768 to Guadeloupe, and the others to the territories below.
- 9396 and 9397 are claimed by Guadeloupe, after roaming documents. The ITU gives them to Guyane and
  Martinique.

The neighbours of these blocks within 02, 05 and 09 (0268 0 to 0268 7, 0598 0 to 0598 6, 0939 0 to
0939 4, 0947 0 to 0947 4) are mainland. So is 0695: the metadata lists it as a mobile of France, and
the carrier data as Free Mobile's.
"""

import re
from typing import NamedTuple

MAINLAND = 33


class Territory(NamedTuple):
    """A French overseas territory with a country code of its own."""

    country_code: int
    regions: tuple[str, ...]
    """ISO 3166 codes."""
    prefixes: tuple[str, ...]
    """The beginnings of its numbers as dialled within France, without the trunk 0.

    The territories in the Pacific have none: they have numbering plans of their own.
    """


# The prefixes of a territory: landlines, mobiles, and numbers without a place (VoIP).
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
"""The beginnings reserved for films and books: never assigned, so never called."""

_NATIONAL = re.compile("[1-9][0-9]{8}")
_DIALLED = re.compile("0?[1-9][0-9]{8}")


def territory_of(national: str) -> Territory | None:
    """Return the overseas territory to which a number belongs, or None for the mainland.

    `national` are the digits without the country code and the trunk 0, or the first few of them.
    """
    return next((t for t in OVERSEAS if t.prefixes and national.startswith(t.prefixes)), None)


def is_fiction(national: str) -> bool:
    """Return whether a number is reserved for films and books. `national` has nine digits."""
    return _NATIONAL.fullmatch(national) is not None and national.startswith(FICTION)


def is_dialled(digits: str) -> bool:
    """Return whether the digits have the shape of a French number as dialled within France.

    The trunk 0 may be missing. The number need not exist.
    """
    return _DIALLED.fullmatch(digits) is not None


def canonical_prefix(e164: str) -> str:
    """Return the beginning of an E.164 number with the country code to which its block belongs.

    For +33692… it is +262692…. A beginning that is not overseas is returned unchanged.
    """
    national = e164.removeprefix(f"+{MAINLAND}")
    if national == e164 or (territory := territory_of(national)) is None:
        return e164
    return f"+{territory.country_code}{significant(national)}"


def significant(national: str) -> str:
    """Return the national number as it is written in E.164.

    The numbers of Saint-Pierre-et-Miquelon have six digits. Elsewhere in France they are dialled
    after 0508, and that prefix is not part of the E.164 number.
    """
    return national.removeprefix("508")
