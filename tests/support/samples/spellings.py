"""List the ways in which people write one French number, and generate such numbers."""

from hypothesis import strategies as st

from callbacks.contact.french_plan import is_fiction, territory_of

FULL_WIDTH = str.maketrans("0123456789+", "".join(chr(0xFF10 + i) for i in range(10)) + "\uff0b")
ARABIC_INDIC = str.maketrans("0123456789", "".join(chr(0x0660 + i) for i in range(10)))
PERSIAN = str.maketrans("0123456789", "".join(chr(0x06F0 + i) for i in range(10)))

SEPARATORS = {
    "nothing": "",
    "space": " ",
    "no-break space": "\u00a0",
    "narrow no-break space": "\u202f",
    "thin space": "\u2009",
    "dot": ".",
    "dash": "-",
    "no-break dash": "\u2011",
    "en dash": "\u2013",
    "slash": "/",
    "space and dash": " - ",
}


def spellings(significant: str) -> dict[str, str]:
    """Return each way to write the French number with these nine digits, by its name."""
    first, pairs = significant[0], [significant[i : i + 2] for i in range(1, 9, 2)]
    spaced = " ".join([first, *pairs])
    found = {
        f"national, {name}": f"0{first}" + sign + sign.join(pairs)
        for name, sign in SEPARATORS.items()
    }
    found |= {
        "E.164": f"+33{significant}",
        "international": f"+33 {spaced}",
        "international with trunk 0": f"+33 (0){spaced}",
        "international with spaced trunk 0": f"+33 (0) {spaced}",
        "trunk 0 without parentheses": f"+33 0{spaced}",
        "parentheses around the code": f"(+33) {spaced}",
        "parentheses around the prefix": f"(0{first}) {' '.join(pairs)}",
        "00": f"0033{significant}",
        "00, spaced": f"00 33 {spaced}",
        "plus and 00": f"+0033 {spaced}",
        "00 with trunk 0": f"0033 (0){spaced}",
        "without plus": f"33{significant}",
        "without trunk 0": significant,
        "tel:": f"tel:+33{significant}",
        "TEL: national": f"TEL: 0{spaced}",
        "white space around": f" \t0{spaced}\r\n",
        "full-width": f"+33 {spaced}".translate(FULL_WIDTH),
        "Arabic-Indic": f"0{spaced}".translate(ARABIC_INDIC),
        "Persian": f"0033{significant}".translate(PERSIAN),
        "direction marks": f"\u202a+33 {spaced}\u202c",
        "isolates": f"\u2066\u200e0{spaced}\u2069",
        "byte order mark": f"\ufeff0{spaced}",
        "variation selectors": f"0{first}\ufe0e{'\ufe0f'.join(pairs)}\U000e0100",
        "fillers": f"\u3164+33\u115f{spaced}\u034f",
        "zero-width inside": f"0{first}\u200b{''.join(pairs)}",
    }  # fmt: skip
    return found


def _digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


# Blocks of numbers that the metadata accepts completely.
LANDLINES = st.builds(str.__add__, st.sampled_from("13"), _digits(8)) | st.builds(
    str.__add__, st.sampled_from(["20", "22", "25", "29", "41", "49", "53", "55", "591"]),
    _digits(7),
).map(lambda digits: digits[:9])  # fmt: skip
MOBILES = st.builds(
    str.__add__,
    st.sampled_from(["60", "61", "62", "64", "66", "68", "695", "698", "699", "73", "75", "79"]),
    _digits(7),
).map(lambda digits: digits[:9])
VOIP = st.builds(str.__add__, st.just("9"), _digits(8))
CALLABLE = (LANDLINES | MOBILES | VOIP).filter(
    lambda digits: territory_of(digits) is None and not is_fiction(digits)
)
