"""Signing in: what the audit trail says of it, and who is turned away for trying too often."""

from datetime import timedelta
from typing import Any

import structlog
from axes.signals import user_locked_out
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django_ratelimit.core import get_usage

from callbacks.abuse import ip_rate_limit
from callbacks.accounts import audit_log
from callbacks.core import availability
from callbacks.staff.accounts import session_end
from callbacks.staff.common.pages import staff_page
from callbacks.staff.site import csp

LONGEST_NAME = 150

log = structlog.get_logger(__name__)


# -- the audit trail --------------------------------------------------------------------------
@receiver(user_logged_in)
def _signed_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    session_end.begin(request)
    audit_log.record(user, audit_log.SIGN_IN)


@receiver(user_logged_out)
def _signed_out(request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        audit_log.record(user, audit_log.SIGN_OUT, ended=session_end.why(request) or None)


@receiver(user_login_failed)
def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **kw: Any) -> None:
    # Once locked out, further tries are not worth a row each.
    if request is not None and not getattr(request, "axes_locked_out", False):
        account = _account(credentials.get("username"))
        audit_log.record(
            account, audit_log.SIGN_IN_FAILED, unknown_account=None if account else True
        )


@receiver(user_locked_out)
def _locked(request: HttpRequest, username: str | None, **kwargs: Any) -> None:
    # Axes says so again at each further try, but counts the first alone.
    if getattr(request, "axes_failures_since_start", None):
        account = _account(username)
        audit_log.record(account, audit_log.LOCKED, unknown_account=None if account else True)
        log.warning("sign_in_locked", user=account.pk if account else None)


def _account(username: object) -> User | None:
    """The account of that name. What was typed may be anything, so it goes nowhere else."""
    if not isinstance(username, str) or "\0" in username:
        return None
    return User.objects.filter(username=username).first()


class PasswordsOnRecord:
    """A password validator by form only: Django tells each when an account gets a new password,
    whether by its owner, an administrator, an email or a command."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Anything is fine here."""

    def password_changed(self, password: str, user: User | None = None) -> None:
        audit_log.record(user, audit_log.PASSWORD, user)

    def get_help_text(self) -> str:
        return _("A new password ends the account’s other sessions.")


# -- too many tries ---------------------------------------------------------------------------
def nobody(*args: Any) -> str:
    """How axes is to call a client in its log."""
    return "a client"


def name_tried(request: HttpRequest, credentials: Any = None) -> str | None:
    """The name that axes counts by: as long as any can be, or its table would not take it."""
    name = (credentials or {}).get("username") or request.POST.get("username")
    return name.replace("\0", "")[:LONGEST_NAME] if isinstance(name, str) else None


@csp.admin_page  # it stands in the place of a page, and no address of ours leads to it
def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None
) -> HttpResponse:
    """What axes answers to who is locked out."""
    return turned_away(request, timedelta(minutes=settings.SIGN_IN_LOCK_MINUTES))


def too_many(request: HttpRequest, group: str, rate: str) -> timedelta | None:
    """Counts one try from this client's address. How long to wait, when that is one too many.

    Nobody is turned away because the cache is away: the lock of an account does not need it.
    """
    try:
        usage = get_usage(request, group=group, key=ip_rate_limit.key, rate=rate, increment=True)
    except Exception as error:
        availability.cache.failed(error)
        return None
    availability.cache.recovered()
    if usage and usage["should_limit"] and usage["time_left"] >= 0:
        return timedelta(seconds=max(usage["time_left"], 1))
    return None


def turned_away(request: HttpRequest, wait: timedelta) -> HttpResponse:
    """The page that says so, and when to come back."""
    seconds = int(wait.total_seconds())
    page = staff_page(
        request,
        "staff/turned_away.html",
        title=_("Too many attempts"),
        status=429,
        minutes=-(-seconds // 60),
    )
    page.headers["Retry-After"] = str(seconds)
    page.headers["Cache-Control"] = "no-store"
    # Axes sends it from a middleware, after Django has rendered the answers of views.
    return page.render()
