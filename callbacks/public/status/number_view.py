"""Let the visitor correct the number of a request that waits."""

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from callbacks.abuse import ip_rate_limit
from callbacks.contact import number_display, number_sentences
from callbacks.intake import correction
from callbacks.intake import errors as intake_errors
from callbacks.models import CallRequest, Status
from callbacks.public.form import bot_checks, form_errors
from callbacks.public.http import language
from callbacks.public.status import answers, of_token, pages, sender
from callbacks.widgets import cache as widget_cache
from callbacks.widgets import texts


@of_token.page("GET", "POST")
def number(request: HttpRequest, call_request: CallRequest) -> HttpResponse:
    """Correct the number of a waiting request: show the form on GET, save on POST.

    A POST with only a key (`sender`) and no number shows the form filled in. A correction passes
    the same checks as a form, and a request allows only a few of them.
    """
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
            bot_checks.check_trap(request, call_request.widget, request.POST)
            bot_checks.check_proof(request, call_request.widget, request.POST, call_request.token)
        client = ip_rate_limit.client_address(request)
        return answers.move_and_answer(
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
        typed = number_display.displayed(call_request.number) if key else ""
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


def _texts(call_request: CallRequest) -> texts.Texts | None:
    """Return the widget's texts in the language of the request, which is active."""
    known = widget_cache.find(call_request.widget.public_id)
    return known.texts_in(language.of_request(call_request)) if known else None
