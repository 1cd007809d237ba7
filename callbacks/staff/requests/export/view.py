"""Send the filtered list as a file, and record it in the audit log."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    StreamingHttpResponse,
)
from django.utils import timezone, translation
from django.views.decorators.http import require_POST

from callbacks.accounts import audit_log
from callbacks.accounts.roles import may_export, may_see_requests, may_unmask
from callbacks.staff.common.current_user import current_user
from callbacks.staff.common.unmasking import Masking
from callbacks.staff.requests.export.csv_file import as_csv

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def respond(request: HttpRequest, model_admin: Any) -> HttpResponse | StreamingHttpResponse:
    """Return the file: POST `format=csv` or `format=xlsx`, with the filters in the address.

    Numbers, emails and texts are masked unless the account may see them. `model_admin` is the admin
    of requests, which applies the filters.
    """
    if not may_see_requests(request.user) or not may_export(request.user):
        raise PermissionDenied
    file_format = request.POST.get("format")
    if file_format not in {"csv", "xlsx"}:
        return HttpResponseBadRequest()
    try:
        requests = model_admin.get_changelist_instance(request).get_queryset(request)
    except IncorrectLookupParameters:
        return HttpResponseBadRequest()
    masking = Masking(is_lifted=may_unmask(request.user))
    person = current_user(request)
    audit_log.record(
        person,
        audit_log.EXPORT,
        format=file_format,
        masked=not masking.is_lifted,
        filter=request.GET.urlencode(),
    )
    name = f"callbacks-{timezone.localtime():%Y-%m-%d-%H%M}.{file_format}"
    if file_format == "xlsx":
        # Few need the library, which is large.
        from callbacks.staff.requests.export.xlsx_file import as_xlsx  # noqa: PLC0415

        return FileResponse(
            as_xlsx(requests, masking), as_attachment=True, filename=name, content_type=XLSX
        )
    pieces = as_csv(requests, masking, translation.get_language())
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(
        pieces, content_type="text/csv; charset=utf-8", headers=disposition
    )


view = require_POST(respond)
