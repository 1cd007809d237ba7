"""The campaign parameters of an address that a widget keeps beside `utm_*`, such as `gclid`.

The company allows them by name, because any other parameter may hold a secret of the page.
"""

from string import ascii_letters, digits

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MOST = 10
LONGEST = 40
CHARACTERS = frozenset(ascii_letters + digits + "_-")


def listed(typed: str) -> list[str]:
    """Return the names in a text, each once. Spaces, line breaks and commas are between them."""
    return list(dict.fromkeys(typed.replace(",", " ").split()))


def check(value: object) -> None:
    """Validate a widget's list of names: no duplicates, at most 10 (`MOST`).

    Raises:
        ValidationError: with a sentence that says what is wrong.
    """
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValidationError(_("Enter a list of names."))
    if len(value) > MOST:
        raise ValidationError(_("Enter at most %(most)d names."), params={"most": MOST})
    for name in value:
        if not 0 < len(name) <= LONGEST or not CHARACTERS.issuperset(name):
            raise ValidationError(
                _(
                    "“%(name)s” is not the name of a parameter: use letters, digits, “_” and “-”, "
                    "at most %(most)d in all."
                ),
                params={"name": name[: LONGEST + 1], "most": LONGEST},
            )
    if len(set(value)) != len(value):
        raise ValidationError(_("A name is listed twice."))
