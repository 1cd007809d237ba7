"""Write a number as people read it: in full, or with most digits hidden."""

import phonenumbers
from phonenumbers import PhoneNumberFormat

from callbacks.contact import phone_numbers
from callbacks.contact.e164 import Number


def masked(number: Number) -> str:
    """Return the number for lists and logs, such as "+33 6 •• •• •• 78".

    It shows the country code, the first group and the last two digits. At least four digits are
    hidden, so a short number shows less. A text that is no number is hidden completely. Never
    raises.
    """
    read = phone_numbers.read(str(number), None)
    if read is None:
        return "••••"
    code = f"+{read.country_code}"
    rest = displayed(number).removeprefix(code).strip()
    places = [place for place, character in enumerate(rest) if character.isdigit()]
    group = len(rest) - len(rest.lstrip("0123456789"))
    choices = (places[group:-2], places[:-2])
    hidden = next((choice for choice in choices if len(choice) >= 4), places)
    return f"{code} " + "".join("•" if i in hidden else c for i, c in enumerate(rest))


def displayed(number: Number) -> str:
    """Return the number in international format, as staff read it.

    A text that is no number is returned unchanged. Never raises.
    """
    read = phone_numbers.read(str(number), None)
    if read is None:
        return str(number)
    return phonenumbers.format_number(read, PhoneNumberFormat.INTERNATIONAL)
