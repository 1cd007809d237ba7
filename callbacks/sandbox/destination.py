"""Which destinations ring: the sandbox's own simple rule, independent of the product's."""

import re

# Mainland France (section "Start a call" of the API's description): geographic numbers begin with
# 1 to 5, mobile with 6 or 7, VoIP with 9. Special numbers (8, short codes) and foreign numbers are
# not allowed.
_CALLABLE = re.compile(r"\+33[1-79][0-9]{8}")
_E164 = re.compile(r"\+[1-9][0-9]{1,14}")
_SPECIAL = re.compile(r"\+33(8[0-9]*|[0-9]{2,6})")


def why_not(destination: str) -> tuple[str, str] | None:
    """Return None if `destination` may be called, otherwise a code and a sentence that say why."""
    if _CALLABLE.fullmatch(destination):
        return None
    if not _E164.fullmatch(destination):
        return "not_e164", "destination is not in E.164, such as +33123456789"
    if not destination.startswith("+33"):
        return "international_number", "destination is not French: international is not allowed"
    if _SPECIAL.fullmatch(destination):
        return "special_number", "destination is a French special number: not allowed"
    return "invalid_number", "destination is no French number: +33, then 1-7 or 9, then 8 digits"
