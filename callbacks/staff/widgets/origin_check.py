"""Would this page be allowed to show the widget, and if not, why? Asked before saving."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from callbacks.accounts.roles import may_see_widgets
from callbacks.core import origins


@require_POST
def view(request: HttpRequest) -> JsonResponse:
    """In: `allowed_origins` as it stands in the form, and the `address` of a page. Out: JSON with
    `allowed`, and `text`, a sentence."""
    if not may_see_widgets(request.user):
        raise PermissionDenied
    lines = request.POST.get("allowed_origins", "").splitlines()[: origins.MOST]
    try:
        entries = [origins.normalised(line) for line in lines if line.strip()]
        reason = origins.why_not(entries, request.POST.get("address", "")[:2000])
    except ValidationError as error:
        reason = " ".join(error.messages)
    text = reason or _("This page can show the widget.")
    return JsonResponse({"allowed": not reason, "text": text})
