"""The help page: a day's work, statuses, roles, and what each reason and each code means."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from callbacks.staff.accounts import roles
from callbacks.staff.common.pages import staff_page
from callbacks.staff.help import codes, reasons, statuses


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the help page to every account. It holds explanations only."""
    return staff_page(
        request,
        "staff/help.html",
        title=_("Help"),
        routine=statuses.ROUTINE,
        statuses=statuses.statuses(),
        roles=roles.built_in(),
        reasons=reasons.reasons(),
        codes=codes.CODES,
    )
