"""A number that staff see in full: to be called, copied, and hidden again."""

from datetime import datetime

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from callbacks.contact import phone_numbers
from callbacks.contact.e164 import Number


def shown(number: Number, until: datetime | None = None) -> SafeString:
    """Return a number in E.164 as a link to call it, with a button to copy it.

    `until`: when the page hides it again, which stands beside it; None says nothing about that.
    """
    context = {
        "e164": str(number),
        "displayed": phone_numbers.displayed(number),
        "until": until,
        "seconds_left": max(int((until - timezone.now()).total_seconds()), 0) if until else 0,
    }
    return render_to_string("staff/_number_in_full.html", context)
