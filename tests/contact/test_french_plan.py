"""The table of the national plan, held against the metadata of all territories, block by block."""

import re
from collections import defaultdict

import phonenumbers
import pytest
from phonenumbers import PhoneMetadata

from callbacks.contact import french_plan
from callbacks.contact.phone_numbers import Reason, parse, search_forms
from tests.support.samples.refusals import refusal

KINDS = ("fixed_line", "mobile", "voip", "personal_number", "pager", "uan")

# What the metadata of phonenumbers 9.0.42 says: the blocks (without the trunk 0) in which each
# set of country codes knows a number, where one of them is overseas.
CLAIMS = {
    "262": """
        262 63900 63901 63902 63903 63904 63905 63906 63907 63909 63910 63911 63919 6392
        63930 63939 63940 63950 63955 63956 63957 63958 63959 6396 6397 63990 63994 63995
        63996 63997 63999 692 69300 69301 69302 69303 69304 69305 69306 69310 69311 69312
        69313 69320 69321 69322 69330 69331 69332 69333 69339 6934 69350 69351 69352 69353
        69354 69355 69360 69361 69362 69363 69364 69365 69366 69370 69371 69372 69373
        69377 69380 69381 69382 69383 69384 69385 69386 69387 69388 69390 69391 69392
        69393 69394 69397 69399 70920 70921 70922 70923 70935 70936 70937
    """,
    "33 262": """
        2630 26310 26311 26312 26313 26314 26315 26316 2688 2689 26900 26901 26902 26903
        26904 26906 26907 26915 26950 26951 26952 26953 26954 2696 26970 26980 93980 93981
        93990 93991 93992 93993 94780 94781 94790 94791 94792 94793 94794 94795 94796
    """,
    "33 262 594": "97622 97627 97628 97630 97631 97632 97633 97637 9769",
    "33 590": """
        5987 9395 93974 93975 93976 93977 93978 93979 94750 94751 94752 94753 94754 94755
        94756
    """,
    "33 590 594": "9396 9760 9761 9768",
    "33 590 596": "93970 93971 93972 93973",
    "33 594": """
        5988 94760 94761 94762 94763 94764 94765 94766 97620 97621 97623 97624 97625 97626
        97629 97634 97635 97636 97638 97639 9764 9765
    """,
    "33 594 596": "9766 9767",
    "33 596": """
        5960 59610 59615 59627 59628 59629 5963 5964 5965 5966 5967 59680 59681 59682
        59683 59689 59690 59694 59695 59696 59697 59698 59699 5989 9477
    """,
    "508": """
        70840 70841 70842 70843 70844 70845 70850 70851 70852 70853 70854 70855 70856
    """,
    "590": """
        5900 5901 5902 5903 5904 5905 59060 59061 59062 59063 59064 59065 59066 59068
        59069 59070 59077 59078 59079 5908 5909 690 69122 69123 69124 69125 69126 69127
        69128 69129 69130 69131 69132 69133 69134 69135 70900 70901 70902 70903 70904
    """,
    "594": """
        5940 59410 59411 59412 59413 59414 59415 5942 5943 5944 59456 59457 59458 59459
        59460 59461 59462 59463 59480 5949 6940 6941 6942 69430 69431 69432 69433 69434
        69435 69436 69437 69438 6944 6949 70930 70931 70932 70933
    """,
    "596": "696 697 70910 70911 70912 70913",
}
# Claims that the table does not follow; its docstring says why.
NOT_FOLLOWED = {594: ("976",), 590: ("9396", "9397")}


def claims() -> dict[str, list[str]]:
    """Each block of the overseas territories, as short as it can be, by the country codes in
    whose metadata it has numbers.
    """
    patterns: dict[int, list[str]] = defaultdict(list)
    for region in sorted(french_plan.REGIONS):
        metadata = PhoneMetadata.metadata_for_region(region)
        assert metadata is not None
        kinds = [getattr(metadata, kind) for kind in KINDS]
        patterns[metadata.country_code] += [  # type: ignore[index]
            kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern
        ]
    regexes = {code: re.compile("|".join(texts)) for code, texts in patterns.items()}
    mainland = regexes.pop(french_plan.MAINLAND)
    found: dict[str, str] = {}
    for block in map(str, range(10_000, 100_000)):
        if block.startswith("8"):
            continue  # of no territory
        number = f"{block}0123"
        codes = [code for code, regex in regexes.items() if regex.fullmatch(number)]
        if codes and mainland.fullmatch(number):
            codes.append(french_plan.MAINLAND)
        found[block] = " ".join(map(str, sorted(codes)))
    shortest: dict[str, list[str]] = defaultdict(list)

    def gather(prefix: str, blocks: list[str]) -> None:
        said = {found[block] for block in blocks}
        if len(said) > 1:
            for digit in "0123456789":
                longer = prefix + digit
                gather(longer, [block for block in blocks if block.startswith(longer)])
        elif codes := said.pop():
            shortest[codes].append(prefix)

    for digit in "12345679":
        gather(digit, [block for block in found if block.startswith(digit)])
    return shortest


@pytest.mark.long
def test_a_new_release_of_the_metadata_gives_no_block_to_another_territory() -> None:
    """When it fails after an upgrade of phonenumbers, it names the blocks that changed: correct
    `callbacks/contact/french_plan.py` where the regulator changed something, then the list above.
    """
    expected = {(codes, block) for codes, text in CLAIMS.items() for block in text.split()}
    actual = {(codes, block) for codes, blocks in claims().items() for block in blocks}
    gone, come = sorted(expected - actual), sorted(actual - expected)
    assert (gone, come) == ([], []), f"phonenumbers {phonenumbers.__version__}"


@pytest.mark.parametrize("codes", CLAIMS)
def test_each_block_that_a_territory_claims_belongs_to_a_territory_that_claims_it(
    codes: str,
) -> None:
    for block in CLAIMS[codes].split():
        territory = french_plan.territory_of(block)
        assert territory is not None, block
        if not any(
            block.startswith(prefixes)
            for code, prefixes in NOT_FOLLOWED.items()
            if str(code) in codes
        ):
            assert str(territory.country_code) in codes.split(), block


def test_the_prefixes_of_two_territories_never_overlap() -> None:
    owned = [(prefix, t.regions) for t in french_plan.OVERSEAS for prefix in t.prefixes]
    for prefix, regions in owned:
        assert not [o for o, theirs in owned if theirs != regions and o.startswith(prefix)]


# Blocks within 02, 05 and 09, and the region and number that they are.
WITHIN = [
    ("0268 81 23 45", "RE", "+262268812345"),
    ("0268 91 23 45", "YT", "+262268912345"),
    ("0598 71 23 45", "GP", "+590598712345"),
    ("0598 81 12 34", "GF", "+594598811234"),
    ("0598 91 23 45", "MQ", "+596598912345"),
    ("0939 51 23 45", "GP", "+590939512345"),
    ("0939 61 23 45", "GF", "+594939612345"),
    ("0939 71 23 45", "MQ", "+596939712345"),
    ("0939 81 23 45", "YT", "+262939812345"),
    ("0939 91 23 45", "RE", "+262939912345"),
    ("0947 51 23 45", "GP", "+590947512345"),
    ("0947 61 23 45", "GF", "+594947612345"),
    ("0947 71 23 45", "MQ", "+596947712345"),
    ("0947 81 23 45", "YT", "+262947812345"),
    ("0947 91 23 45", "RE", "+262947912345"),
    ("0976 01 23 45", "GP", "+590976012345"),
    ("0976 22 12 34", "RE", "+262976221234"),
    ("0976 41 23 45", "GF", "+594976412345"),
    ("0976 61 23 45", "MQ", "+596976612345"),
    ("0976 81 23 45", "MF", "+590976812345"),
    ("0976 91 23 45", "YT", "+262976912345"),
]


@pytest.mark.parametrize(("typed", "region", "e164"), WITHIN)
def test_an_overseas_block_among_mainland_ones_is_overseas(
    typed: str, region: str, e164: str
) -> None:
    for spelling in (typed, f"+33 {typed[1:]}", e164):
        assert refusal(spelling) is Reason.OVERSEAS
        assert parse(spelling, ("FR", region)) == e164
        assert search_forms(spelling, ("FR",))[0] == e164
    assert search_forms(f"33{typed[1:]}", ("FR",)) == [e164]


@pytest.mark.parametrize(
    "typed",
    [
        *("0268 71 23 45", "0267 91 23 45", "0270 91 23 45", "0598 61 23 45", "0597 71 23 45"),
        *("0939 41 23 45", "0947 41 23 45", "0948 51 23 45", "0975 91 23 45", "0977 01 23 45"),
    ],
)
def test_the_neighbours_of_overseas_numbers_are_mainland(typed: str) -> None:
    assert parse(typed) == "+33" + typed[1:].replace(" ", "")


def test_one_phone_is_one_number_whichever_territorys_code_is_typed() -> None:
    assert parse("+594 976 22 12 34", ("RE", "GF")) == "+262976221234"
    assert refusal("+594 976 22 12 34", "GF") is Reason.FOREIGN


KEPT_FOR_FILMS = [
    "0199001234",
    "0261911234",
    "0353011234",
    "0465711234",
    "0536491234",
    "0639981234",
]


@pytest.mark.parametrize("typed", KEPT_FOR_FILMS)
@pytest.mark.parametrize("regions", [("FR",), ("FR", "DE", "ES"), ("DE", "FR"), ("RE", "CH")])
def test_a_number_kept_for_films_is_never_called(typed: str, regions: tuple[str, ...]) -> None:
    for spelling in (typed, typed[1:], f"+33{typed[1:]}", f"0033 {typed[1:]}"):
        assert refusal(spelling, *regions) is Reason.IMPOSSIBLE


@pytest.mark.parametrize("abroad", ["CH", "DE", "AT", "IT", "BE", "GB", "JP"])
@pytest.mark.parametrize("typed", ["0712345678", "0639981234", "0700123456", "07 12 34 56 78"])
def test_what_is_french_by_its_shape_is_read_by_no_other_country(typed: str, abroad: str) -> None:
    for regions in [("FR", abroad), (abroad, "FR"), ("RE", abroad), (abroad, "RE")]:
        assert refusal(typed, *regions) is Reason.IMPOSSIBLE


def test_where_france_is_not_called_its_shape_means_nothing() -> None:
    assert parse("071 234 56 78", ("CH",)) == "+41712345678"
    assert parse("+41 71 234 56 78", ("FR", "CH")) == "+41712345678"
