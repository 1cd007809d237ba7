"""The pages of two-factor sign-in.

An account that has set up a phone enters a code at each sign-in. An account that must have one, and
has none, reaches only the page that sets it up. The admin site asks `is_missing` at each address.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import django_otp
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminTextInputWidget

from callbacks.accounts import two_factor
from callbacks.accounts.roles import is_powerful
from callbacks.staff.accounts.sign_in import too_many, turned_away
from callbacks.staff.common.current_user import current_user
from callbacks.staff.common.pages import staff_page

# The key under which the session keeps the secret of a phone that is being set up.
SECRET = "two_factor_secret"  # noqa: S105

type View = Callable[[HttpRequest], HttpResponse]


class CodeForm(forms.Form):
    """The form that takes a code."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        widget=UnfoldAdminTextInputWidget(
            {"autocomplete": "one-time-code", "autofocus": "", "spellcheck": "false"}
        ),
    )

    def refuse(self) -> None:
        """Say that the code is wrong."""
        self.add_error(
            "code",
            _(
                "This code is wrong or was already used. Wait for the next one. The wait is "
                "longer after each wrong code."
            ),
        )


# -- who needs it -----------------------------------------------------------------------------
def is_required(user: User) -> bool:
    """Return whether the account must use two-factor sign-in."""
    return settings.REQUIRE_TWO_FACTOR and (user.is_superuser or is_powerful(user))


def is_missing(request: HttpRequest) -> bool:
    """Return whether the session still has to enter a code, or the account to set up a phone.

    The person has signed in with a password. It takes at most one query in each request.
    """
    if getattr(request.user, "otp_device", None) is not None:
        return False
    known: bool | None = getattr(request, "_second_step_missing", None)
    if known is None:
        user = current_user(request)
        known = is_required(user) or two_factor.is_set_up(user)
        request._second_step_missing = known  # type: ignore[attr-defined]
    return known


def address_for(request: HttpRequest) -> str:
    """Return the address of the page of the second step, from which the person goes on to `next`.

    The person has signed in with a password only.
    """
    user = current_user(request)
    name = "check" if two_factor.is_set_up(user) else "set_up"
    query = request.GET.copy()
    query["next"] = _next(request)
    return f"{reverse(f'admin:second_step_{name}')}?{query.urlencode(safe='/')}"


def _next(request: HttpRequest) -> str:
    """Return where to go after the second step. Addresses outside the admin are refused."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = wanted.startswith(settings.SESSION_COOKIE_PATH) and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts=None
    )
    return wanted if is_ours else reverse("admin:index")


def _for_staff(view: View) -> View:
    """Wrap a view: require a password, and limit how often one client may send a code."""

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not (request.user.is_active and request.user.is_staff):
            return HttpResponseRedirect(reverse("admin:login"))
        if request.method == "POST":
            wait = too_many(request, "staff.second_step", settings.RATE_SIGN_IN)
            if wait is not None:
                return turned_away(request, wait)
        return view(request)

    return guarded


# -- pages ------------------------------------------------------------------------------------
@_for_staff
def check(request: HttpRequest) -> HttpResponse:
    """Ask for a code, and let the session in if it is right."""
    user = current_user(request)
    if not two_factor.is_set_up(user) or not is_missing(request):
        return HttpResponseRedirect(_next(request))
    form = CodeForm(request.POST or None)
    if form.is_valid():
        device = two_factor.check(user, form.cleaned_data["code"])
        if device is not None:
            _let_in(request, device)
            return HttpResponseRedirect(_next(request))
        form.refuse()
    return _page(request, "second_step_check", _("Enter your code"), form=form, next=_next(request))


@_for_staff
def set_up(request: HttpRequest) -> HttpResponse:
    """Show the QR code, then check the first code from the phone.

    If it is right, the phone is set up, and the page shows the recovery codes.
    """
    user = current_user(request)
    if two_factor.is_set_up(user):
        name = "check" if is_missing(request) else "manage"
        return HttpResponseRedirect(reverse(f"admin:second_step_{name}"))
    # Each visit makes a new secret, which only this session knows. A lasting one would be known to
    # anybody who had opened this page with a stolen password.
    if request.method != "POST" or SECRET not in request.session:
        request.session[SECRET] = two_factor.new_secret()
    device = two_factor.unsaved_phone(user, request.session[SECRET])
    form = CodeForm(request.POST or None)
    if form.is_valid():
        phone = two_factor.add_phone(user, request.session[SECRET], form.cleaned_data["code"])
        if phone is not None:
            del request.session[SECRET]
            _let_in(request, phone)
            return _show_codes(request, user)
        form.refuse()
    return _page(
        request,
        "second_step_set_up",
        _("Set up two-factor sign-in"),
        form=form,
        next=_next(request),
        qr=_qr(device.config_url),
        secret=two_factor.secret_of(device),
        is_required=is_required(user),
    )


@_for_staff
def manage(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes, or remove the phone. Both need a code."""
    if is_missing(request):
        return HttpResponseRedirect(address_for(request))
    user = current_user(request)
    if not two_factor.is_set_up(user):
        return HttpResponseRedirect(reverse("admin:second_step_set_up"))
    form = CodeForm(request.POST or None)
    form.fields["code"].widget.attrs.pop("autofocus", None)
    if form.is_valid():
        if two_factor.check(user, form.cleaned_data["code"]) is None:
            form.refuse()
        elif request.POST.get("do") == "remove":
            two_factor.remove(user, by=user)
            messages.success(request, _("Two-factor sign-in is removed."))
            return HttpResponseRedirect(reverse("admin:index"))
        else:
            return _show_codes(request, user)
    return _page(
        request,
        "second_step",
        _("Two-factor sign-in"),
        form=form,
        codes_left=two_factor.codes_left(user),
        is_required=is_required(user),
    )


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Sign out. The sign-out of Django's admin is closed until the second step is passed."""
    logout(request)
    return HttpResponseRedirect(reverse("admin:login"))


def _let_in(request: HttpRequest, device: Any) -> None:
    """Mark the session as having passed the second step."""
    django_otp.login(request, device)
    # The session has gained rights. A new key prevents session fixation.
    request.session.cycle_key()


def _show_codes(request: HttpRequest, user: User) -> HttpResponse:
    """Show new recovery codes, once."""
    codes = two_factor.new_recovery_codes(user)
    return _page(
        request, "recovery_codes", _("Your recovery codes"), codes=codes, next=_next(request)
    )


def _qr(text: str) -> SafeString:
    """Return the text as a QR code, in SVG."""
    import segno  # noqa: PLC0415  (large, and seldom used)

    picture = segno.make(text, micro=False)
    # The SVG is safe: the text appears in it only as black and white squares.
    return mark_safe(picture.svg_inline(scale=4, border=2, light="white"))  # noqa: S308


def _page(request: HttpRequest, template: str, title: str, **more: Any) -> HttpResponse:
    """Return a page of the second step."""
    return staff_page(request, f"staff/{template}.html", title=title, **more)
