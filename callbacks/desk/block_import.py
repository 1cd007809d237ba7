"""Many entries of the block list at once: pasted or as a file, looked over, then confirmed."""

import csv
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextareaWidget

from callbacks import audit, blocks, clock
from callbacks.models import Block, BlockKind

# What was looked over is sent again with the confirmation, within Django's limit for a form.
MOST_BYTES = 200_000
MOST_LINES = 2_000
BATCH = 100


class ImportForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Lines"),
        help_text=gettext_lazy(
            "One entry on each line: kind,value,reason,until. The kinds are number, prefix, domain "
            "and address; until is a day such as 2027-01-31, or empty for ever."
        ),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8, "autocomplete": "off"}),
    )
    file = forms.FileField(
        label=gettext_lazy("Or a CSV file"),
        help_text=gettext_lazy("In UTF-8, 200 kB at most."),
        required=False,
        allow_empty_file=True,
        widget=UnfoldAdminFileFieldWidget,
    )

    def clean_file(self) -> str:
        upload: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if upload is None:
            return ""
        if (upload.size or 0) > MOST_BYTES:
            raise ValidationError(_("The file is too large: please import it in pieces."))
        try:
            return str(upload.read(), "utf-8-sig")
        except UnicodeDecodeError:
            raise ValidationError(_("The file is not text in UTF-8.")) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        text = cleaned.get("file") or cleaned.get("text") or ""
        if not self.errors:
            if not text.strip():
                raise ValidationError(_("There is nothing to import."))
            if len(text.encode()) > MOST_BYTES or len(text.splitlines()) > MOST_LINES:
                sentence = _("That is more than %(n)d lines: please import it in pieces.")
                raise ValidationError(sentence % {"n": MOST_LINES})
        return {**cleaned, "lines": text}


@dataclass
class Line:
    """A line of an import. With a `problem`, a sentence, it is left out."""

    place: int
    text: str
    kind: str = ""
    value: str = ""
    reason: str = ""
    until: datetime | None = None
    problem: str = ""
    is_known: bool = False


def read(text: str, now: datetime) -> list[Line]:
    """The lines of `text`, each with what is wrong with it; empty ones and a header are skipped."""
    lines: list[Line] = []
    places: dict[str, Line] = {}
    for place, written in enumerate(text.splitlines(), start=1):
        if not written.strip() or (place == 1 and written.replace(" ", "").startswith("kind,")):
            continue
        line = Line(place, written)
        lines.append(line)
        try:
            _fill(line, now)
        except ValidationError as error:
            line.problem = " ".join(error.messages)
            continue
        key = blocks.key_of(line.kind, line.value)
        first = places.setdefault(key, line)
        if first is not line:
            line.problem = _("The same as line %(n)d.") % {"n": first.place}
    known = set(Block.objects.filter(key__in=places).values_list("key", flat=True))
    for key, line in places.items():
        line.is_known = key in known
    return lines


def _fill(line: Line, now: datetime) -> None:
    """Reads a line. Raises `ValidationError`."""
    if "\0" in line.text:
        raise ValidationError(_("There is a null character in it."))
    if len(line.text) > 600:
        raise ValidationError(_("The line is too long."))
    try:
        cells = next(csv.reader([line.text], strict=True))
    except (csv.Error, StopIteration):
        raise ValidationError(_("The quotation marks don't match.")) from None
    kind, value, reason, until, *more = [*(cell.strip() for cell in cells), "", "", "", ""][
        : max(len(cells), 4)
    ]
    if any(more):
        raise ValidationError(_("There are more than four columns."))
    if kind.lower() not in BlockKind.values:
        raise ValidationError(_("The kind must be number, prefix, domain or address."))
    if len(reason) > 200:
        raise ValidationError(_("The reason is longer than 200 characters."))
    line.kind, line.reason = kind.lower(), reason
    line.value = blocks.normalised(line.kind, value)
    line.until = _until(until) if until else None
    if line.until is not None and line.until <= now:
        raise ValidationError(_("This is over already."))


def end_of(day: date) -> datetime:
    """The moment at which a day is over where the site is. Raises `ValidationError`."""
    try:
        return timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
    except (ValueError, OverflowError):
        raise ValidationError(_("Write the end as a day, such as 2027-01-31.")) from None


def _until(text: str) -> datetime:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise ValidationError(_("Write the end as a day, such as 2027-01-31."))
    return end_of(day)


@require_http_methods(["GET", "HEAD", "POST"])
def page(http: HttpRequest) -> HttpResponse:
    """POST without `confirmed` looks the lines over; with it, adds those that are right."""
    if not http.user.has_perm("callbacks.add_block"):
        raise PermissionDenied
    form = ImportForm(http.POST or None, http.FILES or None)
    lines: list[Line] = []
    text = ""
    if http.method == "POST" and form.is_valid():
        text = form.cleaned_data["lines"]
        lines = read(text, clock.now())
        if http.POST.get("confirmed"):
            return _add(http, lines)
    context = {
        **admin.site.each_context(http),
        "opts": Block._meta,
        "title": _("Import into the block list"),
        "form": form,
        "text": text,
        "lines": lines,
        "right": [line for line in lines if not line.problem],
        "wrong": [line for line in lines if line.problem],
        "list_url": reverse("admin:callbacks_block_changelist"),
    }
    http.current_app = admin.site.name
    return TemplateResponse(http, "desk/block_import.html", context)


def _add(http: HttpRequest, lines: list[Line]) -> HttpResponse:
    person: User = http.user  # type: ignore[assignment]
    right = [line for line in lines if not line.problem]
    # In batches: visitors must not wait until the last line is written.
    for start in range(0, len(right), BATCH):
        with transaction.atomic():
            batch = right[start : start + BATCH]
            for line in batch:
                blocks.add(
                    line.kind, line.value, reason=line.reason, until=line.until, author=person
                )
            audit.record(person, "block.import", f"{len(batch)} entries")
    if right:
        sentence = ngettext(
            "%(n)d entry is on the block list.", "%(n)d entries are on the block list.", len(right)
        )
        messages.success(http, sentence % {"n": len(right)})
    else:
        messages.warning(http, _("Nothing was imported."))
    return HttpResponseRedirect(reverse("admin:callbacks_block_changelist"))
