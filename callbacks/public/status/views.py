"""Show what happened to a request, as a page and as JSON, and let the visitor act on it.

The token in the address cannot be guessed, and it gives full access to the request. The sender sees
the number in full for a while (`sender`). Everybody else sees it masked.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.utils.translation import gettext as _

from callbacks.abuse import ip_rate_limit
from callbacks.contact import number_sentences, phone_numbers
from callbacks.intake import correction, rescheduling
from callbacks.intake import errors as intake_errors
from callbacks.lifecycle import actions, blocking
from callbacks.models import CallRequest, Reason, Status
from callbacks.public.embed import frame
from callbacks.public.form import bot_checks, form_errors, times_to_choose
from callbacks.public.form import views as form_views
from callbacks.public.http import decorators, language, responses
from callbacks.public.status import call_again as click
from callbacks.public.status import messages as status_messages
from callbacks.public.status import pages, sender
from callbacks.scheduling import calendar_file, offer
from callbacks.widgets import cache as widget_cache
from callbacks.widgets import texts

# The field that says that a question was answered, and not only asked.
CONFIRMED = "confirmed"


@decorators.public_page("GET")
def status(request: HttpRequest, token: str) -> HttpResponse:
    """Show the status; the page renews itself until no change is expected any more."""
    call_request = _find(token)
    if call_request is None:
        return responses.not_found(request)
    key = sender.key_of_first_view(call_request) if request.method == "GET" else ""
    return pages.status_page(request, call_request, key=key)


@decorators.public_page("GET", "POST")
def state(request: HttpRequest, token: str) -> HttpResponse:
    """Return the status as JSON.

    Keys: `status`, `title`, `text`, `known_at`, `final`, `contact` (whether to tell how to
    reach the company), `again` (in words, from when another call can be asked for; "" means now)
    `call_again` (whether one click asks for it), `refresh_seconds` (when to ask again) and
    `settled` (whether nothing more will change). An unknown or deleted request gives 404 and
    `final`. A POST with the sender's key shows the number in full.
    """
    call_request = _find(token)
    if call_request is None:
        return JsonResponse({"final": True}, status=404)
    with translation.override(language.of_request(call_request)):
        context = pages.status_context(call_request, sender.key_of(request, call_request))
    said: status_messages.StatusMessage = context["message"]
    return JsonResponse(
        {
            "status": call_request.status,
            "title": said.title,
            "text": said.text,
            "known_at": said.known_at,
            "final": call_request.is_over,
            "contact": said.names_contact,
            "again": context["again"],
            "call_again": context["call_again"],
            "refresh_seconds": context["refresh_seconds"],
            "settled": context["settled"],
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
    """Answer as `number` does, in the active language."""
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
        return _move_and_answer(
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
    """Show the form that corrects the number, or redirect if the request no longer waits.

    `typed` is what the visitor typed, None before that. `why_not` is the reason for a refusal.
    """
    may_be_corrected = correction.may_be_corrected(call_request)
    key = sender.key_of(request, call_request)
    if typed is None:
        typed = phone_numbers.displayed(call_request.number) if key else ""
    shown = pages.ask_if_waiting(
        request,
        call_request,
        "public/number.html",
        key=key,
        number_hint=number_sentences.hint(call_request.widget.allowed_regions),
        typed=typed,
        problem=why_not,
        may_be_corrected=may_be_corrected,
        texts=_texts(call_request),
        challenge=bot_checks.challenge(call_request.widget, call_request.token)
        if may_be_corrected
        else "",
    )
    is_form = shown.status_code == 200  # not the redirect to the status page
    is_refusal = why_not is not None and is_form and "number" in request.POST
    return why_not.mark(shown) if why_not and is_refusal else shown


@decorators.public_page("GET", "POST")
def time(request: HttpRequest, token: str) -> HttpResponse:
    """Choose another time for a call that comes later: show the times on GET, move it on POST."""
    call_request = _find(token)
    if call_request is None:
        return responses.not_found(request)
    with translation.override(language.of_request(call_request)):
        if not rescheduling.is_offered(call_request):
            return responses.see_other(frame.address(request, "status", call_request.token))
        if request.method != "POST":
            return _time_form(request, call_request)
        when = request.POST.get("when", "")
        try:
            with intake_errors.as_too_many():
                ip_rate_limit.count(request, call_request.widget)
            return _move_and_answer(
                request, call_request, lambda: rescheduling.reschedule(call_request, when)
            )
        except intake_errors.Refused as refused:
            problem = form_errors.of(refused)
            return problem.mark(_time_form(request, call_request, when=when, why_not=problem))


def _time_form(
    request: HttpRequest,
    call_request: CallRequest,
    *,
    when: str = "",
    why_not: form_errors.Problem | None = None,
) -> HttpResponse:
    widget = call_request.widget
    offered = offer.of(widget, number=str(call_request.number), all_days=True)
    return pages.ask(
        request,
        call_request,
        "public/time.html",
        times=times_to_choose.of(widget, offered, when),
        problem=why_not,
        may_be_moved=rescheduling.may_be_moved(call_request),
    )


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
        return pages.ask_if_waiting(request, call_request, "public/cancel.html", key=key)
    return _move_and_answer(
        request, call_request, lambda: actions.cancel_by_visitor(call_request), key=key
    )


@decorators.public_page("GET", "POST")
def never(request: HttpRequest, token: str) -> HttpResponse:
    """Stop all calls to this number: ask on GET, do it on POST, whatever the request's status.

    A waiting call is cancelled and the consent is withdrawn. A call in progress continues.
    """
    call_request = _find(token)
    if call_request is None:
        return responses.not_found(request)
    to_status = responses.see_other(frame.address(request, "status", call_request.token))
    if call_request.erased_at is not None or blocking.wants_no_more_calls(call_request):
        return to_status
    if request.method != "POST":
        return pages.ask(request, call_request, "public/never.html")
    if not blocking.never_again(call_request):
        call_request.refresh_from_db()
        if call_request.status == Status.QUEUED:  # it changed meanwhile, and waits again
            blocking.never_again(call_request)
    return to_status


@decorators.public_page("POST")
def undo(request: HttpRequest, token: str) -> HttpResponse:
    """Allow calls to this number again, shortly after `never`, unless others refuse them too.

    The request itself does not change, except that one that waits again is cancelled.
    """
    call_request = _find(token)
    if call_request is None:
        return responses.not_found(request)
    if blocking.undo_never_again(call_request) or not blocking.wants_no_more_calls(call_request):
        return responses.see_other(frame.address(request, "status", call_request.token))
    with translation.override(language.of_request(call_request)):
        notice = _("It's too late to undo this here.")
    return pages.too_late(request, call_request, notice, contact_after=True)


@decorators.public_page("GET", "POST")
def again(request: HttpRequest, token: str) -> HttpResponse:
    """Show the form for another request: filled in for the sender (`sender`), else empty.

    It is a form like any other, with its own consent.
    """
    call_request = _find(token)
    if call_request is None:
        return responses.not_found(request)
    if not sender.key_of(request, call_request):
        return responses.see_other(pages.form_link(request, call_request))
    return form_views.again(request, call_request)


@decorators.public_page("POST")
def call_again(request: HttpRequest, token: str) -> HttpResponse:
    """Call the visitor again whose phone did not ring: a new request, for one click."""
    call_request = _find(token)
    if call_request is None:
        return responses.not_found(request)
    with translation.override(language.of_request(call_request)):
        return click.take(request, call_request)


@decorators.public_page("GET")
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """Send the booked call as a calendar file; 404 if the request has no time slot."""
    call_request = _find(token)
    if call_request is None:
        return responses.not_found(request)
    if not calendar_file.is_offered(call_request):
        return responses.not_found(request, call_request.widget)
    with translation.override(language.of_request(call_request)):
        content = calendar_file.of(call_request)
    name = f'attachment; filename="{calendar_file.NAME}"'
    return HttpResponse(
        content, content_type=calendar_file.CONTENT_TYPE, headers={"Content-Disposition": name}
    )


def _texts(call_request: CallRequest) -> texts.Texts | None:
    """Return the widget's texts in the language of the request, which is active."""
    known = widget_cache.find(call_request.widget.public_id)
    return known.texts_in(language.of_request(call_request)) if known else None


def _find(token: str) -> CallRequest | None:
    """Return the request with this token, and its widget; None if there is none."""
    return CallRequest.objects.select_related("widget").filter(token=token).first()


def _move_and_answer(
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
            return pages.status_page(request, call_request, key=key)
        return responses.see_other(frame.address(request, "status", call_request.token))
    with translation.override(language.of_request(call_request)):
        notice = _("It's too late to change this request. Here is what happened to it:")
    return pages.too_late(request, call_request, notice)
