"""What makes a view a public page: its methods and headers, and what it does not fall for."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, UnreadablePostError
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
    """Makes a view one of the public pages: it answers `methods` (and HEAD where GET), is never
    stored, and survives a strange body, another site's form and a database that is away."""

    def decorate(view: View) -> View:
        guarded = _readable(_from_our_own(database_errors.said_honestly(view)))
        allowed = [*methods, "HEAD"] if "GET" in methods else list(methods)
        answering = never_cache(require_http_methods(allowed)(frame.allowed(guarded)))
        # Compressed, a secret beside words that an attacker chooses could be guessed (BREACH). Here
        # the one secret is new in each page, no other site can send a form, and Django pads.
        decorated: View = csrf_exempt(gzip_page(answering))
        return decorated

    return decorate


def _readable(view: View) -> View:
    """Answers 400 when what was sent cannot be read as a form."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # What a request says about its own encoding may be no text encoding at all.
        request.encoding = "utf-8"
        try:
            _check_size(request)
            return view(request, *args, **kwargs)
        except (SuspiciousOperation, BadRequest, MultiPartParserError, UnreadablePostError):
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
    """Before anything is read: Django's own limit does not count files, and no form has any."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise BadRequest from None
    if length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise RequestDataTooBig


def _from_our_own(view: View) -> View:
    """Answers 403 to a form that another site sent."""

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
