"""Make a view a public page: set its methods and headers, and protect it from bad requests."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods

from callbacks.public.embed import frame
from callbacks.public.http import database_errors, responses, same_site

type View = Callable[..., HttpResponse]


def public_page(*methods: str) -> Callable[[View], View]:
    """Return a decorator that makes a view a public page.

    The page answers `methods` (and HEAD with GET) and is never cached. It handles a body that
    cannot be read, a form sent by another site, and a database that is unavailable.
    """

    def decorate(view: View) -> View:
        guarded = _readable(_from_our_own(database_errors.with_outage_page(view)))
        allowed = [*methods, "HEAD"] if "GET" in methods else list(methods)
        answering = never_cache(require_http_methods(allowed)(frame.allowed(guarded)))
        # A compressed page can leak a secret that stands beside text chosen by an attacker
        # (BREACH). Here the only secret is new in each page, no other site can send a form, and
        # Django adds random padding.
        decorated: View = csrf_exempt(gzip_page(answering))
        return decorated

    return decorate


def _readable(view: View) -> View:
    """Decorate `view` to answer 400 if what was sent cannot be read as a form."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # A request may declare an encoding that does not exist.
        request.encoding = "utf-8"
        try:
            _check_size(request)
            return view(request, *args, **kwargs)
        except (SuspiciousOperation, BadRequest, MultiPartParserError):
            return responses.message(
                request,
                400,
                title=_("We couldn't read your form"),
                text=_(
                    "Your form was not processed. Open the page again and send the form once more."
                ),
                link=request.path,
                link_text=_("Open the page again"),
            )

    return wrapped


def _check_size(request: HttpRequest) -> None:
    """Refuse a body that is too large, before any of it is read.

    Django's own limit does not count uploaded files, and no form here has any.

    Raises:
        BadRequest: the declared length is not a number.
        RequestDataTooBig: the body is longer than `DATA_UPLOAD_MAX_MEMORY_SIZE` (bytes).
    """
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise BadRequest from None
    if length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise RequestDataTooBig


def _from_our_own(view: View) -> View:
    """Decorate `view` to answer 403 to a form that another site sent."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and not same_site.is_own(request):
            return responses.message(
                request,
                403,
                title=_("This form was sent from another website"),
                text=_(
                    "For your security, we only accept forms sent from our own pages. Your form "
                    "was not processed."
                ),
                link=settings.PUBLIC_URL + frame.by_itself(request),
                link_text=_("Open the form on our website"),
            )
        return view(request, *args, **kwargs)

    return wrapped
