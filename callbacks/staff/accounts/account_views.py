"""The buttons on the page of an account: remove its two-factor sign-in, send its invitation."""

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from callbacks.accounts import two_factor
from callbacks.staff.accounts import invitation, invitation_page, roles
from callbacks.staff.common.current_user import current_user


@require_POST
def remove_second_step(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove the two-factor sign-in of an account. Only a superuser may.

    It is for colleagues who have lost their phone and their recovery codes.
    """
    person = current_user(request)
    if not person.is_superuser:
        raise PermissionDenied
    account = get_object_or_404(User, pk=pk)
    if two_factor.remove(account, by=person):
        messages.success(request, _("Two-factor sign-in is removed."))
    return _to_account(account)


@require_POST
def invite_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send another invitation to a colleague who has no password yet."""
    account = get_object_or_404(User, pk=pk)
    person = current_user(request)
    if not person.has_perm("auth.change_user") or not roles.covers(person, account):
        raise PermissionDenied
    if invitation.is_pending(account):
        return invitation_page.send(request, account)
    return _to_account(account)


def _to_account(account: User) -> HttpResponse:
    """Return to the page of the account."""
    return HttpResponseRedirect(reverse("admin:auth_user_change", args=[account.pk]))
