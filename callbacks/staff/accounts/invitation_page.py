"""Send an invitation from the admin, and tell the person who invites."""

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from callbacks.staff.accounts import invitation
from callbacks.staff.common.current_user import current_user
from callbacks.staff.common.pages import staff_page


def send(request: HttpRequest, account: User) -> HttpResponse:
    """Send the invitation. If no mail server accepts it, show its link once."""
    person = current_user(request)
    names = {"name": account.get_full_name() or account.get_username(), "email": account.email}
    try:
        link = invitation.send(account, by=person)
    except invitation.AlreadyAccepted:
        sentence = gettext("%(name)s has chosen a password in the meantime. No email was sent.")
        messages.warning(request, sentence % names)
        return HttpResponseRedirect(reverse("admin:auth_user_changelist"))
    if not link:
        sentence = gettext("The invitation of %(name)s has been sent to %(email)s.")
        messages.success(request, sentence % names)
        return HttpResponseRedirect(reverse("admin:auth_user_changelist"))
    return staff_page(
        request,
        "staff/invitation_link.html",
        title=gettext("Pass on the invitation"),
        link=link,
        account=account,
        name=names["name"],
        email=names["email"],
    )
