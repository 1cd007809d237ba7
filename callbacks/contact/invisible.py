"""Characters that nobody sees: pasted with a number or address, or meant to mislead.

Source: Unicode 16.0, DerivedCoreProperties.txt, Default_Ignorable_Code_Point; and category Cf,
which has a few more (such as the signs around Arabic numbers).
"""

import unicodedata

_IGNORABLE = (
    *((0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5)),
    *((0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164)),
    *((0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3)),
    *((0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
)

# Control and format characters, and the separators of lines and paragraphs.
_NOT_SHOWN = frozenset({"Cc", "Cf", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"


def is_invisible(character: str) -> bool:
    """Return whether the character is invisible.

    Invisible characters are variation selectors, fillers, zero-width characters and direction
    marks. White space and control characters do not count.
    """
    if character.isascii():
        return False
    code = ord(character)
    return unicodedata.category(character) == "Cf" or any(
        first <= code <= last for first, last in _IGNORABLE
    )


def spelt_out(text: str) -> str:
    """Return the text with each control or format character as its code: "[U+202E]".

    Such a character can turn the text around it, or hide a part of it. Only the two joiners stay
    (U+200C and U+200D): Persian words and many emoji are spelt with them.
    """
    return "".join(
        f"[U+{ord(one):04X}]"
        if unicodedata.category(one) in _NOT_SHOWN and one not in _JOINERS
        else one
        for one in text
    )


def trimmed(text: str) -> str:
    """Return the text without the white space and invisible characters at its ends."""
    start, end = 0, len(text)
    while start < end and _is_empty(text[start]):
        start += 1
    while end > start and _is_empty(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_empty(character: str) -> bool:
    """Return whether the character is invisible or white space."""
    return character.isspace() or is_invisible(character)
