"""Dismiss an alert on the overview."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from callbacks.accounts import audit_log
from callbacks.accounts.roles import may_act
from callbacks.core import clock
from callbacks.models import Alert
from callbacks.staff.common.current_user import current_user


@require_POST
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Dismiss an alert, and earlier alerts of the same kind about the same thing."""
    if not may_act(request.user):
        raise PermissionDenied
    person = current_user(request)
    alert = Alert.objects.filter(pk=pk).first()
    if alert is not None:
        with transaction.atomic():
            same = Alert.objects.filter(
                kind=alert.kind, about=alert.about, raised_at__lte=alert.raised_at, over_at=None
            )
            if same.update(over_at=clock.now()):
                audit_log.record(person, "alert.over", alert.about, kind=alert.kind)
        messages.success(request, _("Alert dismissed. It comes back if the problem happens again."))
    return HttpResponseRedirect(reverse("admin:index"))
