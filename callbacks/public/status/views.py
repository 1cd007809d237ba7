"""Show what happened to a request, as a page and as JSON, and let the visitor act on it.

The token in the address cannot be guessed, and it gives full access to the request. The sender sees
the number in full for a while (`sender`). Everybody else sees it masked.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from callbacks.abuse import ip_rate_limit, limits
from callbacks.contact import email_typos, number_sentences, phone_numbers
from callbacks.core import clock
from callbacks.intake import correction
from callbacks.intake import errors as intake_errors
from callbacks.lifecycle import actions
from callbacks.models import CallRequest, Reason, Status
from callbacks.public.embed import frame
from callbacks.public.form import bot_checks, form_errors
from callbacks.public.form import views as form_views
from callbacks.public.http import decorators, language, responses, stylesheet
from callbacks.public.status import messages as status_messages
from callbacks.public.status import sender
from callbacks.widgets import languages

TOO_LATE = 409
# Without JavaScript the page reloads itself, and then shows the number masked.
RELOAD_SECONDS, RELOAD_IN_FULL_SECONDS = 5, 20
LONGEST_RELOAD_SECONDS = 3600
# The field that says that a question was answered, and not only asked.
CONFIRMED = "confirmed"


@decorators.public_page("GET")
def status(request: HttpRequest, token: str) -> HttpResponse:
    """Show the status; the page renews itself until no change is expected any more."""
    call_request = _find(token)
    if call_request is None:
        return responses.not_found(request)
    key = sender.key_of_first_view(call_request) if request.method == "GET" else ""
    return _news(request, call_request, key=key)


@decorators.public_page("GET", "POST")
def state(request: HttpRequest, token: str) -> HttpResponse:
    """Return the status as JSON.

    Keys: `status`, `title`, `text`, `known_at`, `final`, `again` (in words, from when another call
    can be asked for; "" means now) and `refresh_seconds` (when to ask again). An unknown or deleted
    request gives 404 and `final`. A POST with the sender's key shows the number in full.
    """
    call_request = _find(token)
    if call_request is None:
        return JsonResponse({"final": True}, status=404)
    with translation.override(language.of_request(call_request)):
        told = _told(call_request, sender.key_of(request, call_request))
    said: status_messages.News = told["news"]
    return JsonResponse(
        {
            "status": call_request.status,
            "title": said.title,
            "text": said.text,
            "known_at": said.known_at,
            "final": call_request.is_over,
            "again": told["again"],
            "refresh_seconds": told["refresh_seconds"],
        }
    )


@decorators.public_page("GET", "POST")
def number(request: HttpRequest, token: str) -> HttpResponse:
    """Correct the number of a waiting request: show the form on GET, save on POST.

    A POST with only a key (`sender`) and no number shows the form filled in. A correction passes
    the same checks as a form, and a request allows only a few of them.
    """
    call_request = _find(token)
    if call_request is None:
        return responses.not_found(request)
    with translation.override(language.of_request(call_request)):  # also for what is refused
        return _number(request, call_request)


def _number(request: HttpRequest, call_request: CallRequest) -> HttpResponse:
    may_be_corrected = correction.may_be_corrected(call_request)
    if "number" not in request.POST:
        why_not = None if may_be_corrected else form_errors.of(correction.CorrectedTooOften())
        return _number_form(request, call_request, why_not=why_not)
    typed = request.POST["number"]
    try:
        with intake_errors.as_too_many():
            ip_rate_limit.count(request, call_request.widget)
        if call_request.status == Status.QUEUED and may_be_corrected:
            bot_checks.check_trap(request, call_request.widget)
            bot_checks.check_proof(request, call_request.widget, call_request.token)
        client = ip_rate_limit.client_address(request)
        return _answer(
            request,
            call_request,
            lambda: correction.correct_number(call_request, typed, address=client),
        )
    except intake_errors.Refused as refused:
        return _number_form(request, call_request, typed=typed, why_not=form_errors.of(refused))


def _number_form(
    request: HttpRequest,
    call_request: CallRequest,
    *,
    typed: str | None = None,
    why_not: form_errors.Problem | None = None,
) -> HttpResponse:
    may_be_corrected = correction.may_be_corrected(call_request)
    key = sender.key_of(request, call_request)
    if typed is None:
        typed = phone_numbers.displayed(call_request.number) if key else ""
    shown = _question(
        request,
        call_request,
        "public/number.html",
        key=key,
        number_hint=number_sentences.hint(call_request.widget.allowed_regions),
        typed=typed,
        problem=why_not,
        may_be_corrected=may_be_corrected,
        challenge=bot_checks.challenge(call_request.widget, call_request.token)
        if may_be_corrected
        else "",
    )
    is_form = shown.status_code == 200  # not the redirect to the status page
    is_refusal = why_not is not None and is_form and "number" in request.POST
    return why_not.mark(shown) if why_not and is_refusal else shown


@decorators.public_page("GET", "POST")
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Cancel a waiting request: ask on GET, do it on POST.

    A POST with only a key (`sender`) asks, too, so that the key reaches the page that follows: the
    sender can then ask for another call without typing everything again.
    """
    call_request = _find(token)
    if call_request is None:
        return responses.not_found(request)
    key = sender.key_of(request, call_request)
    if request.method != "POST" or (key and CONFIRMED not in request.POST):
        return _question(request, call_request, "public/cancel.html", key=key)
    return _answer(request, call_request, lambda: actions.cancel_by_visitor(call_request), key=key)


@decorators.public_page("GET", "POST")
def never(request: HttpRequest, token: str) -> HttpResponse:
    """Stop all calls to this number: ask on GET, do it on POST, whatever the request's status.

    A waiting call is cancelled and the consent is withdrawn. A call in progress continues.
    """
    call_request = _find(token)
    if call_request is None:
        return responses.not_found(request)
    to_status = responses.see_other(frame.address(request, "status", call_request.token))
    if call_request.erased_at is not None or actions.wants_no_more_calls(call_request):
        return to_status
    if request.method != "POST":
        return _ask(request, call_request, "public/never.html")
    if not actions.never_again(call_request):
        call_request.refresh_from_db()
        if call_request.status == Status.QUEUED:  # it changed meanwhile, and waits again
            actions.never_again(call_request)
    return to_status


@decorators.public_page("POST")
def undo(request: HttpRequest, token: str) -> HttpResponse:
    """Allow calls to this number again, shortly after `never`, unless others refuse them too.

    The request itself does not change, except that one that waits again is cancelled.
    """
    call_request = _find(token)
    if call_request is None:
        return responses.not_found(request)
    if actions.undo_never_again(call_request) or not actions.wants_no_more_calls(call_request):
        return responses.see_other(frame.address(request, "status", call_request.token))
    with translation.override(language.of_request(call_request)):
        return _too_late(
            request,
            call_request,
            _("It's too late to undo this here. Please contact the company if you want a call."),
        )


@decorators.public_page("GET", "POST")
def again(request: HttpRequest, token: str) -> HttpResponse:
    """Show the form for another request: filled in for the sender (`sender`), else empty.

    It is a form like any other, with its own consent.
    """
    call_request = _find(token)
    if call_request is None:
        return responses.not_found(request)
    if not sender.key_of(request, call_request):
        return responses.see_other(_form_link(request, call_request))
    return form_views.again(request, call_request)


def _find(token: str) -> CallRequest | None:
    return CallRequest.objects.select_related("widget").filter(token=token).first()


def _question(
    request: HttpRequest, call_request: CallRequest, template: str, **more: Any
) -> HttpResponse:
    if call_request.status != Status.QUEUED:
        return responses.see_other(frame.address(request, "status", call_request.token))
    return _ask(request, call_request, template, **more)


def _ask(
    request: HttpRequest, call_request: CallRequest, template: str, **more: Any
) -> HttpResponse:
    shown = status_messages.shown_number(call_request, in_full=bool(more.get("key")))
    context = _context(request, call_request) | {"number": shown} | more
    return responses.render(request, template, context, code=language.of_request(call_request))


def _answer(
    request: HttpRequest, call_request: CallRequest, move: Callable[[], bool], *, key: str = ""
) -> HttpResponse:
    """Make the move and redirect to the status page, or say that it is too late.

    With a key, the answer is the status page itself, because a key stands in no address. If the row
    changed but still waits, the move is tried once more.
    """
    done = call_request.status == Status.QUEUED and move()
    if not done:
        call_request.refresh_from_db()
        done = call_request.status == Status.QUEUED and move()
    if done or call_request.reason == Reason.BY_VISITOR:  # clicking "cancel" twice is no error
        if key:
            return _news(request, call_request, key=key)
        return responses.see_other(frame.address(request, "status", call_request.token))
    with translation.override(language.of_request(call_request)):
        notice = _("It's too late to change this request. Here is what happened to it:")
    return _too_late(request, call_request, notice)


def _too_late(request: HttpRequest, call_request: CallRequest, notice: str) -> HttpResponse:
    page_instead = _news(request, call_request, notice=notice)
    page_instead.status_code = TOO_LATE
    return page_instead


def _news(
    request: HttpRequest, call_request: CallRequest, *, key: str = "", notice: str = ""
) -> HttpResponse:
    code = language.of_request(call_request)
    with translation.override(code):
        context = _context(request, call_request) | _told(call_request, key) | {"key": key}
        context["notice"] = notice or context["notice"]
    if key:
        context["email_domain"] = email_typos.meant_domain(call_request.email)
    return responses.render(request, "public/status.html", context, code=code)


def copy_for_staff(call_request: CallRequest) -> HttpResponse:
    """Return the page as the visitor sees it now, without links, forms, scripts or its address.

    The address is the visitor's key: a person who has it can act as the visitor.
    """
    code = language.of_request(call_request)
    with translation.override(code):
        context = _told(call_request) | {"stylesheet": stylesheet.address(call_request.widget)}
        text = render_to_string("staff/visitor_page.html", context)
    return responses.page(text, code=code)


def _told(call_request: CallRequest, key: str = "") -> dict[str, Any]:
    """Return the template context for what the page says, in the active language."""
    never_again = call_request.erased_at is None and actions.wants_no_more_calls(call_request)
    said = status_messages.of(call_request, in_full=bool(key), never_again=never_again)
    now = clock.now() if call_request.is_over else None
    again_from = undo_until = None
    notice = ""
    if now is not None and never_again:
        undo_until = actions.may_undo_until(call_request, now)
    elif now is not None and call_request.number:
        again_from = limits.another_from(call_request.number, now)
    if call_request.blocked_at is not None and not never_again and call_request.is_over:
        notice = _("This number can be called again. To be called, ask for another call.")
    seconds = said.refresh_seconds
    if now is not None and again_from is not None:
        seconds = int((again_from - now).total_seconds()) + 1
    reload_seconds = RELOAD_IN_FULL_SECONDS if key else RELOAD_SECONDS
    return {
        "call_request": call_request,
        "news": said,
        "notice": notice,
        "never_again": never_again,
        "undo_until": status_messages.moment(undo_until, now) if undo_until and now else "",
        "again": status_messages.another_from(again_from, now) if again_from and now else "",
        "refresh_seconds": seconds,
        "reload_seconds": min(max(seconds, reload_seconds), LONGEST_RELOAD_SECONDS),
        "number": status_messages.shown_number(call_request) if call_request.number else "",
    }


def _context(request: HttpRequest, call_request: CallRequest) -> dict[str, Any]:
    token = call_request.token
    links = {
        f"{name}_link": frame.address(request, name, token)
        for name in ("status", "number", "cancel", "never", "undo", "again")
    }
    return {
        "call_request": call_request,
        "stylesheet": stylesheet.address(call_request.widget),
        "form_link": _form_link(request, call_request),
        **links,
    }


def _form_link(request: HttpRequest, call_request: CallRequest) -> str:
    own_language = (
        {} if call_request.widget.language else {languages.PARAMETER: call_request.language}
    )
    return frame.address(request, "form", call_request.widget.public_id, **own_language)
