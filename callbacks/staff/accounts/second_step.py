"""The pages of the second step: setting it up, asking for a code, and what comes after.

Whoever has a phone set up is asked at each sign-in; whoever must have one and has none reaches
nothing but the page that sets it up. The admin site asks `is_missing` at every address.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import django_otp
import segno
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

# Where the session keeps the secret of a phone that is being set up.
SECRET = "two_factor_secret"  # noqa: S105

type View = Callable[[HttpRequest], HttpResponse]


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        widget=UnfoldAdminTextInputWidget(
            {"autocomplete": "one-time-code", "autofocus": "", "spellcheck": "false"}
        ),
    )

    def refuse(self) -> None:
        self.add_error(
            "code",
            _(
                "This code is wrong or was already used. Wait for the next one. The wait is "
                "longer after each wrong code."
            ),
        )


# -- who is asked -----------------------------------------------------------------------------
def is_required(user: User) -> bool:
    return settings.REQUIRE_TWO_FACTOR and (user.is_superuser or is_powerful(user))


def is_missing(request: HttpRequest) -> bool:
    """Whether this session must pass the second step first, or its account set it up.

    In: a request of somebody who has signed in with a password. At most one query a request.
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
    """Where who is signed in by password alone has to go now, and to what afterwards."""
    user = current_user(request)
    name = "check" if two_factor.is_set_up(user) else "set_up"
    query = request.GET.copy()
    query["next"] = _next(request)
    return f"{reverse(f'admin:second_step_{name}')}?{query.urlencode(safe='/')}"


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = wanted.startswith(settings.SESSION_COOKIE_PATH) and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts=None
    )
    return wanted if is_ours else reverse("admin:index")


def _for_staff(view: View) -> View:
    """Lets through who has given the password, and counts what they send."""

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


# -- the pages --------------------------------------------------------------------------------
@_for_staff
def check(request: HttpRequest) -> HttpResponse:
    """Asks for a code, and lets the session in."""
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
    """Shows the QR code; a first code from the phone sets it up, and shows the recovery codes."""
    user = current_user(request)
    if two_factor.is_set_up(user):
        name = "check" if is_missing(request) else "manage"
        return HttpResponseRedirect(reverse(f"admin:second_step_{name}"))
    # A new secret at each visit, known to this session alone: one that stayed the same until it
    # was confirmed would be known to everybody who had been here with the password.
    if request.method != "POST" or SECRET not in request.session:
        request.session[SECRET] = two_factor.new_secret()
    device = two_factor.begun(user, request.session[SECRET])
    form = CodeForm(request.POST or None)
    if form.is_valid():
        confirmed = two_factor.confirm(user, request.session[SECRET], form.cleaned_data["code"])
        if confirmed is not None:
            del request.session[SECRET]
            _let_in(request, confirmed)
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
    """For who is let in: new recovery codes, or the phone's removal, each against a code."""
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
    """Signs out: the admin's own sign-out is for who is let in."""
    logout(request)
    return HttpResponseRedirect(reverse("admin:login"))


def _let_in(request: HttpRequest, device: Any) -> None:
    django_otp.login(request, device)
    # The session is worth more than before: whoever knew its key must not share that.
    request.session.cycle_key()


def _show_codes(request: HttpRequest, user: User) -> HttpResponse:
    codes = two_factor.new_recovery_codes(user)
    return _page(
        request, "recovery_codes", _("Your recovery codes"), codes=codes, next=_next(request)
    )


def _qr(text: str) -> SafeString:
    picture = segno.make(text, micro=False)
    # Of our own making: no part of it is anybody's input but as black and white squares.
    return mark_safe(picture.svg_inline(scale=4, border=2, light="white"))  # noqa: S308


def _page(request: HttpRequest, template: str, title: str, **more: Any) -> HttpResponse:
    return staff_page(request, f"staff/{template}.html", title=title, **more)
