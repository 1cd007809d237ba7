"""Read the times that others send us.

In the first and the last years that Python knows, a time can neither be converted to every time
zone nor be added to: one that was stored would break each page that shows it.
"""

from datetime import datetime

YEARS = range(2000, 2200)
LONGEST = 40


def read(text: str) -> datetime:
    """Return the time that a text in ISO 8601 means. It is naive if the text names no offset.

    Raises:
        ValueError: the text is no such time, or its year is not one of `YEARS`.
    """
    # `fromisoformat` takes a null character at the end for the end of the text.
    if len(text) > LONGEST or not (text.isascii() and text.isprintable()):
        raise ValueError("not a time in ISO 8601")
    return checked(datetime.fromisoformat(text))


def checked(moment: datetime) -> datetime:
    """Return the time itself.

    Raises:
        ValueError: its year is not one of `YEARS`.
    """
    if moment.year not in YEARS:
        raise ValueError("no such year")
    return moment
