"""Finding requests by what staff type, without a number in an address.

What is typed (a number, an email) is sent by POST and becomes a *reference*: "number:12" means
"the same number as request 12", and "requests:12,15" means these requests. So neither the address
bar nor a log of addresses holds it, and the result can still be bookmarked, paged and passed on to
a colleague. Every way uses an index.
"""

import re
from collections.abc import Sequence

from django.db.models import Max, QuerySet
from django.utils import formats, timezone

from callbacks.contact import email_addresses, phone_numbers
from callbacks.core import crypto
from callbacks.models import CallRequest, Widget

# Longer than any email; a hostile megabyte is not worth the parser's time.
MAX_LENGTH = 300

_BY_PUBLIC_ID = re.compile(r"[2-9A-HJ-NP-Za-hj-np-z]{16}")
# The key of a visitor's page, alone or in the address of that page, as visitors pass it on.
_BY_TOKEN = re.compile(r"(?:https?://\S*/r/)?([A-Za-z0-9]{22})/?")
_BY_REFERENCE = re.compile(r"(number|email):([0-9]{1,18}(?:,[0-9]{1,18}){0,9})")
_BY_REQUESTS = re.compile(r"requests:([0-9]{1,18}(?:,[0-9]{1,18}){0,99})")
# The longest of these.
MAX_REFERENCE = 2000


def find(queryset: QuerySet[CallRequest], text: str) -> QuerySet[CallRequest]:
    """Return the requests of `queryset` that the text in an address means.

    It is a reference or a public id.

    All of them when it is empty, none when it is anything else: no number, email or key of a
    visitor's page belongs in an address.
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
        # What was erased is no longer found by its number.
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
    """Return what stands for `text` in an address: a number in any spelling, an email in any case,
    a public id, or the address of a visitor's page. None when it means no request that there is."""
    text = _cleaned(text)
    if _BY_PUBLIC_ID.fullmatch(text):
        return text.upper()
    if token := _BY_TOKEN.fullmatch(text):
        # It opens the visitor's page: it stands in no address of the admin.
        named = CallRequest.objects.filter(token=token[1])
        return named.values_list("public_id", flat=True).first()
    field, hashes = _meant(text)
    found = CallRequest.objects.filter(**{f"{field}_hash__in": hashes})
    newest = found.order_by().values(f"{field}_hash").annotate(pk_max=Max("pk"))
    keys = sorted((row["pk_max"] for row in newest), reverse=True)[:10]
    return f"{field}:{','.join(map(str, keys))}" if keys else None


def reference_to_requests(keys: Sequence[int]) -> str | None:
    """Return what stands for exactly these requests, 100 at most, in an address."""
    return f"requests:{','.join(map(str, keys))}" if keys else None


def shown(reference: str) -> str:
    """Return what a reference stands for, for the search box: masked, for anybody can make one up.

    Of "requests:…" the last digits and the day by which they were found: "62 11/24/2026".
    """
    text = _cleaned(reference, MAX_REFERENCE)
    if requests := _BY_REQUESTS.fullmatch(text):
        newest = CallRequest.objects.filter(pk=requests[1].split(",")[0], erased_at=None).first()
        if newest is None or crypto.is_unreadable(newest.number):
            return ""
        day = timezone.localdate(newest.created_at)
        ending = phone_numbers.masked(newest.number)[-2:]
        return f"{ending} {formats.date_format(day, 'SHORT_DATE_FORMAT')}"
    found = _BY_REFERENCE.fullmatch(text)
    if found is None:
        return reference
    field, keys = found.groups()
    rows = CallRequest.objects.filter(pk__in=keys.split(",")).exclude(erased_at__isnull=False)
    if field == "number":
        return ", ".join(phone_numbers.masked(row.number) for row in rows)
    return ", ".join(email_addresses.masked(row.email) for row in rows)


def _cleaned(text: str, longest: int = MAX_LENGTH) -> str:
    return text[:longest].replace("\0", "").strip()


def _meant(text: str) -> tuple[str, list[str]]:
    """Whether it is a number or an email, and the fingerprints to look for."""
    if "@" in text:
        return "email", [crypto.email_hash(text)]
    regions = {"FR"}
    for allowed in Widget.objects.values_list("allowed_regions", flat=True):
        regions.update(allowed)
    forms = phone_numbers.search_forms(text, sorted(regions))
    return "number", [crypto.number_hash(form) for form in forms]
