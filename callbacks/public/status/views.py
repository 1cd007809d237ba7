"""What became of a request: a page, the same for a script, and what a visitor can do about it.

Who has the address has the request: the token in it is not to be guessed, and the page shows no
full number.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation

from callbacks.abuse import ip_rate_limit
from callbacks.intake import accept, correction
from callbacks.intake import errors as intake_errors
from callbacks.lifecycle import actions
from callbacks.models import CallRequest, Reason, Status
from callbacks.public.embed import frame
from callbacks.public.form import bot_checks, form_errors
from callbacks.public.http import decorators, language, responses, stylesheet
from callbacks.public.status import messages as status_messages

TOO_LATE = 409


@decorators.public_page("GET")
def status(request: HttpRequest, token: str) -> HttpResponse:
    """The page; it renews itself until the request is over."""
    asked = _find(token)
    return responses.not_found(request) if asked is None else _news(request, asked)


@decorators.public_page("GET")
def state(request: HttpRequest, token: str) -> HttpResponse:
    """JSON: `status`, `title`, `text`, `final`, and `refresh_seconds` until it is worth asking
    again. 404 with `final` when there is no such request (any more)."""
    asked = _find(token)
    if asked is None:
        return JsonResponse({"final": True}, status=404)
    with translation.override(language.of_request(asked)):
        told = status_messages.of(asked)
    return JsonResponse(
        {
            "status": asked.status,
            "title": told.title,
            "text": told.text,
            "final": asked.is_over,
            "refresh_seconds": told.refresh_seconds,
        }
    )


@decorators.public_page("GET", "POST")
def number(request: HttpRequest, token: str) -> HttpResponse:
    """Corrects the number of a request that waits: asks on GET, does it on POST.

    A correction is held against all that a form is, and a request has a few of them.
    """
    asked = _find(token)
    if asked is None:
        return responses.not_found(request)
    with translation.override(language.of_request(asked)):  # also for what is refused
        return _number(request, asked)


def _number(request: HttpRequest, asked: CallRequest) -> HttpResponse:
    may_be_corrected = accept.may_be_corrected(asked)
    if request.method != "POST":
        why_not = None if may_be_corrected else form_errors.of(accept.CorrectedTooOften())
        return _number_form(request, asked, why_not=why_not)
    typed = request.POST.get("number", "")
    try:
        ip_rate_limit.count(request, asked.widget)
        if asked.status == Status.QUEUED and may_be_corrected:
            bot_checks.check_trap(request, asked.widget)
            bot_checks.check_proof(request, asked.widget, asked.token)
        client = ip_rate_limit.client_address(request)
        return _answer(
            request, asked, lambda: correction.correct_number(asked, typed, address=client)
        )
    except intake_errors.Refused as refused:
        return _number_form(request, asked, typed=typed, why_not=form_errors.of(refused))


def _number_form(
    request: HttpRequest,
    asked: CallRequest,
    *,
    typed: str = "",
    why_not: form_errors.Problem | None = None,
) -> HttpResponse:
    may_be_corrected = accept.may_be_corrected(asked)
    shown = _question(
        request,
        asked,
        "public/number.html",
        typed=typed,
        problem=why_not,
        may_be_corrected=may_be_corrected,
        challenge=bot_checks.challenge(asked.widget, asked.token) if may_be_corrected else "",
    )
    is_form = shown.status_code == 200  # and not the way to what became of the request
    return why_not.mark(shown) if why_not and is_form and request.method == "POST" else shown


@decorators.public_page("GET", "POST")
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Cancels a request that waits: asks on GET, does it on POST."""
    asked = _find(token)
    if asked is None:
        return responses.not_found(request)
    if request.method != "POST":
        return _question(request, asked, "public/cancel.html")
    return _answer(request, asked, lambda: actions.cancel_by_visitor(asked))


@decorators.public_page("GET", "POST")
def never(request: HttpRequest, token: str) -> HttpResponse:
    """No calls to this number any more: asks on GET, does it on POST, at any time.

    A call that waits is cancelled, and the consent withdrawn; one that is being placed goes on.
    """
    asked = _find(token)
    if asked is None:
        return responses.not_found(request)
    to_status = responses.see_other(frame.address(request, "status", asked.token))
    if asked.erased_at is not None or actions.wants_no_more_calls(asked):
        return to_status
    if request.method != "POST":
        return _ask(request, asked, "public/never.html")
    if not actions.never_again(asked):
        asked.refresh_from_db()
        if asked.status == Status.QUEUED:  # it had changed meanwhile, but waits again
            actions.never_again(asked)
    return to_status


def _find(token: str) -> CallRequest | None:
    return CallRequest.objects.select_related("widget").filter(token=token).first()


def _question(request: HttpRequest, asked: CallRequest, template: str, **more: Any) -> HttpResponse:
    if asked.status != Status.QUEUED:
        return responses.see_other(frame.address(request, "status", asked.token))
    return _ask(request, asked, template, **more)


def _ask(request: HttpRequest, asked: CallRequest, template: str, **more: Any) -> HttpResponse:
    context = _context(request, asked) | {"number": status_messages.shown_number(asked)} | more
    return responses.render(request, template, context, code=language.of_request(asked))


def _answer(request: HttpRequest, asked: CallRequest, move: Callable[[], bool]) -> HttpResponse:
    """Makes the move, once more if the row had changed but still waits; or says that it is too
    late, with what became of the request."""
    done = asked.status == Status.QUEUED and move()
    if not done:
        asked.refresh_from_db()
        done = asked.status == Status.QUEUED and move()
    if done or asked.reason == Reason.BY_VISITOR:  # a second click on "cancel" is no complaint
        return responses.see_other(frame.address(request, "status", asked.token))
    page_instead = _news(request, asked, too_late=True)
    page_instead.status_code = TOO_LATE
    return page_instead


def _news(request: HttpRequest, asked: CallRequest, *, too_late: bool = False) -> HttpResponse:
    code = language.of_request(asked)
    with translation.override(code):
        context = _context(request, asked) | _told(asked) | {"too_late": too_late}
    return responses.render(request, "public/status.html", context, code=code)


def copy_for_staff(asked: CallRequest) -> HttpResponse:
    """Return the page as the visitor sees it now, without a link, a form, a script or its address.

    The address is the visitor's key: who has it acts in the visitor's name.
    """
    code = language.of_request(asked)
    with translation.override(code):
        context = _told(asked) | {"stylesheet": stylesheet.address(asked.widget)}
        text = render_to_string("staff/visitor_page.html", context)
    return responses.page(text, code=code)


def _told(asked: CallRequest) -> dict[str, Any]:
    """What the page says, in the active language."""
    return {
        "asked": asked,
        "news": status_messages.of(asked),
        "never_again": asked.erased_at is None and actions.wants_no_more_calls(asked),
        "number": status_messages.shown_number(asked) if asked.number else "",
    }


def _context(request: HttpRequest, asked: CallRequest) -> dict[str, Any]:
    own_language = {} if asked.widget.language else {language.PARAMETER: asked.language}
    return {
        "asked": asked,
        "stylesheet": stylesheet.address(asked.widget),
        "status_link": frame.address(request, "status", asked.token),
        "number_link": frame.address(request, "number", asked.token),
        "cancel_link": frame.address(request, "cancel", asked.token),
        "never_link": frame.address(request, "never", asked.token),
        "form_link": frame.address(request, "form", asked.widget.public_id, **own_language),
    }
