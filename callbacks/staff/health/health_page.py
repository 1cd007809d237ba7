"""The page that shows how each part of the site is doing, and which version runs."""

import django
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from callback_site.version import VERSION
from callbacks.accounts.roles import may_see_calling
from callbacks.core import clock
from callbacks.staff.common.pages import staff_page
from callbacks.staff.health.parts import parts


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the parts of the site, those that need a person first."""
    if not may_see_calling(request.user):
        raise PermissionDenied
    now = clock.now()
    found = sorted(parts(now), key=lambda part: part.is_good)
    return staff_page(
        request,
        "staff/health.html",
        title=_("Site health"),
        parts=found,
        wrong=sum(not part.is_good for part in found),
        now=now,
        version=VERSION,
        django_version=django.get_version(),
    )
