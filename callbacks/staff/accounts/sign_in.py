"""Sign-in: its entries in the audit log, and the limit of attempts."""

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


# -- the audit log ----------------------------------------------------------------------------
@receiver(user_logged_in)
def _record_sign_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Record a sign-in."""
    session_end.begin(request)
    audit_log.record(user, audit_log.SIGN_IN)


@receiver(user_logged_out)
def _record_sign_out(request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Record a sign-out, and what ended the session."""
    if user is not None:
        audit_log.record(user, audit_log.SIGN_OUT, ended=session_end.why(request) or None)


@receiver(user_login_failed)
def _record_failure(
    credentials: dict[str, Any], request: HttpRequest | None = None, **kw: Any
) -> None:
    """Record a failed sign-in."""
    # After the lock, further attempts do not get a row each.
    if request is not None and not getattr(request, "axes_locked_out", False):
        account = _account(credentials.get("username"))
        audit_log.record(
            account, audit_log.SIGN_IN_FAILED, unknown_account=None if account else True
        )


@receiver(user_locked_out)
def _record_lock(request: HttpRequest, username: str | None, **kwargs: Any) -> None:
    """Record that an account is locked after too many attempts."""
    # Axes sends this signal again at each further attempt. Only the first has this attribute.
    if getattr(request, "axes_failures_since_start", None):
        account = _account(username)
        audit_log.record(account, audit_log.LOCKED, unknown_account=None if account else True)
        log.warning("sign_in_locked", user=account.pk if account else None)


def _account(username: object) -> User | None:
    """Return the account with this user name, or None.

    The text that was typed is stored nowhere, because it may be a password.
    """
    if not isinstance(username, str) or "\0" in username:
        return None
    return User.objects.filter(username=username).first()


class PasswordsOnRecord:
    """Record each new password in the audit log.

    It is a password validator only in form. Django calls all validators when an account gets a
    password, from its owner, an administrator, an email or a command.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        """Accept any password."""

    def password_changed(self, password: str, user: User | None = None) -> None:
        """Record that the account has a new password."""
        audit_log.record(user, audit_log.PASSWORD, user)

    def get_help_text(self) -> str:
        """Return what the form says about a new password."""
        return _("A new password ends the account’s other sessions.")


# -- too many attempts ------------------------------------------------------------------------
def nobody(*args: Any) -> str:
    """Return the name of each client in the log of axes, which would otherwise show its address."""
    return "a client"


def name_tried(request: HttpRequest, credentials: Any = None) -> str | None:
    """Return the user name by which axes counts attempts.

    It is cut to the longest name that an account can have, and that axes' table can store.
    """
    name = (credentials or {}).get("username") or request.POST.get("username")
    return name.replace("\0", "")[:LONGEST_NAME] if isinstance(name, str) else None


@csp.admin_page  # it has no address of its own, so `csp.apply` does not find it
def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None
) -> HttpResponse:
    """Return the page for a client that axes has locked out."""
    return turned_away(request, timedelta(minutes=settings.SIGN_IN_LOCK_MINUTES))


def too_many(request: HttpRequest, group: str, rate: str) -> timedelta | None:
    """Count one attempt from this client's IP address.

    Return how long to wait if it is one too many, else None. If the cache is unavailable, nobody is
    turned away: the lock of an account does not need it.
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
    """Return the page that says to wait, with HTTP status 429."""
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
    # Axes returns it from a middleware, where Django no longer renders it.
    return page.render()
