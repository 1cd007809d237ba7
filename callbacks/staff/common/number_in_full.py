"""A phone number shown in full, with a link to call it and a button to copy it."""

from datetime import datetime

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from callbacks.contact import number_display
from callbacks.contact.e164 import Number


def shown(number: Number, until: datetime | None = None) -> SafeString:
    """Return the HTML that shows a number in E.164 in full.

    `until` is when the page hides the number again; the page then counts down to it. None: no
    countdown.
    """
    context = {
        "e164": str(number),
        "displayed": number_display.displayed(number),
        "until": until,
        "seconds_left": max(int((until - timezone.now()).total_seconds()), 0) if until else 0,
    }
    return render_to_string("staff/_number_in_full.html", context)
