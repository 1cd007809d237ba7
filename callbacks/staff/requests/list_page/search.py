"""Find requests by what staff type, without a number in an address.

The text (a number, an email) is sent by POST and becomes a *reference*. "number:12" means "the
number of request 12", and "requests:12,15" means these requests. So no address holds a number, and
no log of addresses either. A result can still be bookmarked, paged, and passed on to a colleague.
Each kind of search uses an index.
"""

import re
from collections.abc import Sequence

from django.db.models import Max, QuerySet
from django.utils import formats, timezone

from callbacks.contact import email_addresses, number_display, phone_numbers
from callbacks.core import crypto
from callbacks.models import CallRequest
from callbacks.widgets import regions

# Longer than any email. Longer text is not parsed.
MAX_LENGTH = 300

_BY_PUBLIC_ID = re.compile(r"[2-9A-HJ-NP-Za-hj-np-z]{16}")
# The key of a visitor's page, alone or in the address of that page.
_BY_TOKEN = re.compile(r"(?:https?://\S*/r/)?([A-Za-z0-9]{22})/?")
_BY_REFERENCE = re.compile(r"(number|email):([0-9]{1,18}(?:,[0-9]{1,18}){0,9})")
_BY_REQUESTS = re.compile(r"requests:([0-9]{1,18}(?:,[0-9]{1,18}){0,99})")
# The longest of the references above.
MAX_REFERENCE = 2000


def find(queryset: QuerySet[CallRequest], text: str) -> QuerySet[CallRequest]:
    """Return the requests of `queryset` that the text in the address means.

    The text is a reference or a public id. An empty text means all requests. Any other text means
    none, because no number, email or visitor's key belongs in an address.
    """
    text = _cleaned(text, MAX_REFERENCE)
    if not text:
        return queryset
    if reference := _BY_REFERENCE.fullmatch(text):
        column = f"{reference[1]}_hash"
        rows = CallRequest.objects.filter(pk__in=reference[2].split(","))
        known = set(rows.values_list(column, flat=True)) - {""}
        return queryset.filter(**{f"{column}__in": known})
    if requests := _BY_REQUESTS.fullmatch(text):
        # An erased request must not be found by its number.
        return queryset.filter(pk__in=requests[1].split(","), erased_at=None)
    if _BY_PUBLIC_ID.fullmatch(text):
        return queryset.filter(public_id=text.upper())
    return queryset.none()


def is_look_up(text: str) -> bool:
    """Return whether the answer tells if a number or an email is known."""
    text = _cleaned(text)
    return not (_BY_PUBLIC_ID.fullmatch(text) or _BY_TOKEN.fullmatch(text)) and bool(
        _meant(text)[1]
    )


def reference_to(text: str) -> str | None:
    """Return the reference that stands for `text` in an address.

    The text may be a number in any spelling, an email in any case, a public id, or the address of a
    visitor's page. None if no request fits.
    """
    text = _cleaned(text)
    if _BY_PUBLIC_ID.fullmatch(text):
        return text.upper()
    if token := _BY_TOKEN.fullmatch(text):
        # This key opens the visitor's page, so it must not stand in an address of the admin.
        named = CallRequest.objects.filter(token=token[1])
        return named.values_list("public_id", flat=True).first()
    field, hashes = _meant(text)
    found = CallRequest.objects.filter(**{f"{field}_hash__in": hashes})
    newest = found.order_by().values(f"{field}_hash").annotate(pk_max=Max("pk"))
    keys = sorted((row["pk_max"] for row in newest), reverse=True)[:10]
    return f"{field}:{','.join(map(str, keys))}" if keys else None


def reference_to_requests(keys: Sequence[int]) -> str | None:
    """Return the reference to these requests, at most 100, or None if there are none."""
    return f"requests:{','.join(map(str, keys))}" if keys else None


def shown(reference: str) -> str:
    """Return the text that the search box shows for a reference.

    It is masked, because anybody can invent a reference. For "requests:…", it is the last digits
    and the day: "62 11/24/2026".
    """
    text = _cleaned(reference, MAX_REFERENCE)
    if requests := _BY_REQUESTS.fullmatch(text):
        newest = CallRequest.objects.filter(pk=requests[1].split(",")[0], erased_at=None).first()
        if newest is None or crypto.is_unreadable(newest.number):
            return ""
        day = timezone.localdate(newest.created_at)
        ending = number_display.masked(newest.number)[-2:]
        return f"{ending} {formats.date_format(day, 'SHORT_DATE_FORMAT')}"
    found = _BY_REFERENCE.fullmatch(text)
    if found is None:
        return reference
    field, keys = found.groups()
    rows = CallRequest.objects.filter(pk__in=keys.split(",")).exclude(erased_at__isnull=False)
    if field == "number":
        return ", ".join(number_display.masked(row.number) for row in rows)
    return ", ".join(email_addresses.masked(row.email) for row in rows)


def _cleaned(text: str, longest: int = MAX_LENGTH) -> str:
    """Return the text without spaces around it, and cut to `longest` characters."""
    return text[:longest].replace("\0", "").strip()


def _meant(text: str) -> tuple[str, list[str]]:
    """Return "number" or "email", and the hashes to look for."""
    if "@" in text:
        return "email", [crypto.email_hash(text)]
    forms = phone_numbers.search_forms(text, regions.to_search())
    return "number", [crypto.number_hash(form) for form in forms]
