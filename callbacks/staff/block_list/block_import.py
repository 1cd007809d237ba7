"""Import many entries of the block list: paste or upload them, check them, confirm.

The server keeps nothing between the two pages: the confirmation sends the lines again. A large file
must be chosen again, and must be the same.
"""

import csv
import hashlib
import io
from itertools import batched
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextareaWidget

from callbacks.abuse import block_list
from callbacks.accounts.roles import may_unmask
from callbacks.core import clock
from callbacks.models import Block, BlockKind
from callbacks.staff.block_list.block_lines import BATCH, DAYS, Line, read
from callbacks.staff.common import look_ups
from callbacks.staff.common.current_user import current_user
from callbacks.staff.common.pages import staff_page

# Django limits the size of pasted text (`DATA_UPLOAD_MAX_MEMORY_SIZE`), but not that of files.
MOST_PASTED_BYTES = 200_000
# Measured: 50,000 numbers take 5 s to read and 6 s to write.
MOST_BYTES = 5_000_000
MOST_LINES = 50_000
MOST_SHOWN = 200


class ImportForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Lines"),
        help_text=gettext_lazy(
            "One entry per line: kind, value, reason and last day, separated by commas, "
            "semicolons or tabs. The kinds are number, prefix, domain and address. Without a last "
            "day, the entry never ends. A list of numbers only also works."
        ),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8, "autocomplete": "off"}),
    )
    file = forms.FileField(
        label=gettext_lazy("Or a CSV file"),
        help_text=gettext_lazy("As saved by a spreadsheet: 50,000 lines and 5 MB at most."),
        required=False,
        allow_empty_file=True,
        widget=UnfoldAdminFileFieldWidget,
    )

    def clean_file(self) -> str:
        """Return the text of the file. Raise `ValidationError` if it is too large."""
        upload: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if upload is None:
            return ""
        if (upload.size or 0) > MOST_BYTES:
            raise ValidationError(_("The file is too large: please import it in pieces."))
        return _text_of(upload.read())

    def clean_text(self) -> str:
        """Return the text that was pasted. Raise `ValidationError` if it is too long."""
        text: str = self.cleaned_data["text"]
        if _bytes_when_sent(text) > MOST_PASTED_BYTES:
            raise ValidationError(_("This text is too long to paste. Choose a file instead."))
        return text

    def clean(self) -> dict[str, Any]:
        """Keep the text of the file, or else what was pasted, as `lines`."""
        cleaned = super().clean() or {}
        text = cleaned.get("file") or cleaned.get("text") or ""
        if not self.errors:
            if not text.strip():
                raise ValidationError(_("There is nothing to import."))
            if len(text.splitlines()) > MOST_LINES:
                sentence = _("This is more than %(n)d lines. Import it in several parts.")
                raise ValidationError(sentence % {"n": MOST_LINES})
        return {**cleaned, "lines": text}


class AgainForm(forms.Form):
    """The field of the confirmation that asks for a large file again."""

    file = forms.FileField(
        label=gettext_lazy("This file is too large for the page to keep. Choose it again"),
        widget=UnfoldAdminFileFieldWidget,
    )


def _text_of(content: bytes) -> str:
    """Return the text of a file that a spreadsheet saved.

    Excel writes UTF-8 with a byte order mark, UTF-16 for "Unicode text", and otherwise the encoding
    of Windows in Western Europe (cp1252).

    Raises:
        ValidationError: The file is a spreadsheet, or no text.
    """
    if content.startswith(b"PK\x03\x04"):
        raise ValidationError(_("This is a spreadsheet. Save it as CSV, then choose the CSV file."))
    is_utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if is_utf_16 else ("utf-8-sig", "cp1252"):
        try:
            return str(content, encoding)
        except UnicodeDecodeError:
            continue
    raise ValidationError(_("This file is not a text file."))


@require_safe
def sample(request: HttpRequest) -> HttpResponse:
    """Send a file that can be imported without changes, in the person's language."""
    if not request.user.has_perm("callbacks.add_block"):
        raise PermissionDenied
    is_french = get_language() == "fr"
    last_day = timezone.localdate().replace(month=12, day=31)
    until = f"{last_day:{DAYS[1] if is_french else DAYS[0]}}"
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if is_french else ",")
    writer.writerow([_("kind"), _("value"), _("reason"), _("until")])
    writer.writerow([BlockKind.NUMBER.label, "06 12 34 56 78", _("asked not to be called"), ""])
    writer.writerow([BlockKind.PREFIX.label, "+33639987", "", until])
    writer.writerow([BlockKind.DOMAIN.label, "example.org", _("invalid addresses"), ""])
    writer.writerow([BlockKind.ADDRESS.label, "192.0.2.0/24", "", until])
    writer.writerow([BlockKind.MAIL.label, "name@example.org", _("wants no emails"), ""])
    return HttpResponse(
        f"\ufeff{text.getvalue()}",
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="block-list.csv"'},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Check the lines (POST), or add the correct ones (POST with `confirmed`)."""
    if not request.user.has_perm("callbacks.add_block"):
        raise PermissionDenied
    form = ImportForm(request.POST or None, request.FILES or None)
    lines: list[Line] = []
    text = digest = ""
    is_another = False
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["lines"]
        digest = hashlib.sha256(text.encode()).hexdigest()
        is_another = request.POST.get("digest", digest) != digest
        lines = read(text, clock.now())
        if request.POST.get("confirmed") and not is_another:
            try:
                look_ups.count(request.user)  # the list then reveals how many are new
            except look_ups.TooManyLookUps as refused:
                messages.warning(request, refused.sentence)
                return HttpResponseRedirect(reverse("admin:callbacks_block_changelist"))
            return _add(request, lines)
    right = [line for line in lines if not line.problem]
    wrong = [line for line in lines if line.problem]
    return staff_page(
        request,
        "staff/block_import.html",
        title=_("Import into the block list"),
        opts=Block._meta,
        form=form,
        again=AgainForm(auto_id="again_%s"),
        text=text if _bytes_when_sent(text) <= MOST_PASTED_BYTES else "",
        digest=digest,
        is_another=is_another,
        lines=lines,
        right=right,
        wrong=wrong,
        right_shown=right[:MOST_SHOWN],
        wrong_shown=wrong[:MOST_SHOWN],
        right_more=len(right) - MOST_SHOWN,
        wrong_more=len(wrong) - MOST_SHOWN,
        # Accounts that may not see numbers must not learn which ones are on the list.
        tells_known=may_unmask(request.user),
        list_url=reverse("admin:callbacks_block_changelist"),
        sample_url=reverse("admin:callbacks_block_sample"),
    )


def _bytes_when_sent(text: str) -> int:
    """Return the size of the text in a form, where each line ends in CR LF."""
    return len(text.encode()) + text.count("\n")


def _add(request: HttpRequest, lines: list[Line]) -> HttpResponse:
    """Add the correct lines, and say how many were added."""
    person = current_user(request)
    right = [line for line in lines if not line.problem]
    # In batches, because requests of visitors wait while a batch is written. An interrupted import
    # can be sent again: existing entries are renewed.
    for batch in batched(right, BATCH):
        entries = [(line.kind, line.value, line.reason, line.until) for line in batch]
        block_list.add_many(entries, author=person)
    if right:
        sentence = ngettext(
            "%(n)d entry is on the block list.", "%(n)d entries are on the block list.", len(right)
        )
        renewed = sum(line.is_known for line in right)
        left_out = len(lines) - len(right)
        details = _("Lines left out: %(left_out)d.") % {"left_out": left_out}
        if may_unmask(person):
            details = _("New: %(new)d. Renewed: %(renewed)d. Lines left out: %(left_out)d.") % {
                "new": len(right) - renewed,
                "renewed": renewed,
                "left_out": left_out,
            }
        messages.success(request, f"{sentence % {'n': len(right)}} {details}")
    else:
        messages.warning(request, _("Nothing was imported."))
    return HttpResponseRedirect(reverse("admin:callbacks_block_changelist"))
