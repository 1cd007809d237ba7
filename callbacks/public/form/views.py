"""Show the form, and take it when it is sent."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from callbacks.contact import phone_numbers
from callbacks.intake import errors as intake_errors
from callbacks.intake import form_token
from callbacks.models import CallRequest, Widget
from callbacks.public.embed import frame
from callbacks.public.form import (
    bot_checks,
    extra_fields,
    form_errors,
    identity,
    pages,
    taking,
    visit_source,
)
from callbacks.public.form.form_errors import Problem
from callbacks.public.form.pages import Shown, Typed
from callbacks.public.http import decorators, language, responses
from callbacks.scheduling import pauses
from callbacks.widgets import cache as widget_cache


@decorators.public_page("GET", "POST")
def form(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show the form on GET, and take it on POST.

    A POST answers 303 to the page of the request. If the form is refused, it shows the form again
    with what was typed and the reason: status 422, or 429 with `Retry-After`. While the widget is
    paused, GET shows the pause message instead.
    """
    known = widget_cache.find(public_id)
    if known is None:
        return responses.not_found(request)
    if not known.widget.is_active:
        return _not_found(request, known.widget)
    widget = known.widget
    code = language.of_form(request, widget)
    with translation.override(code):
        shown = Shown(widget, code, known.texts_in(code), known.restore_mark)
        if request.method == "POST":
            return _take(request, shown)
        if pauses.lasts(widget):
            return pages.paused(request, shown)
        return pages.first_page(request, shown, known)


def again(request: HttpRequest, earlier: CallRequest) -> HttpResponse:
    """Show the form to the sender of an earlier request, filled in with the same number and email.

    The token, the consent and the request that follows are new.
    """
    known = widget_cache.find(earlier.widget.public_id)
    if known is None or not known.widget.is_active:
        return responses.not_found(request, earlier.widget)
    code = language.of_request(earlier)
    with translation.override(code):
        shown = Shown(known.widget, code, known.texts_in(code), known.restore_mark)
        if pauses.lasts(shown.widget):
            return pages.paused(request, shown)
        details = {
            "number": phone_numbers.displayed(earlier.number),
            "email": earlier.email,
            **extra_fields.filled_in(earlier),
        }
        typed = Typed(
            shown.widget,
            details,
            form_token=shown.new_token(),
            asked_from=visit_source.of(earlier),
        )
        challenge = bot_checks.challenge(shown.widget, typed.form_token)
        offered = pages.offered_to(request, shown.widget, typed)
        if not offered.takes_requests:
            return pages.closed(request, shown, offered)
        return responses.page(pages.text(request, shown, typed, challenge, offered), code=code)


def _take(request: HttpRequest, shown: Shown) -> HttpResponse:
    """Take the form, or show it again with the reason."""
    typed = Typed.read(request.POST, shown.widget)
    try:
        accepted = taking.take(request, shown, typed, request.POST)
    except taking.REFUSALS as refused:
        return _refused(request, shown, typed, refused)
    return _to_request(request, accepted)


def _not_found(request: HttpRequest, widget: Widget) -> HttpResponse:
    """Answer 404 for an inactive widget, except to a form that already led to a request."""
    try:
        earlier = taking.taken_before(widget, Typed.read(request.POST, widget))
    except intake_errors.AlreadyUsed:
        earlier = None
    if earlier is None:
        return responses.not_found(request, widget)
    return _to_request(request, earlier)


def _to_request(request: HttpRequest, accepted: CallRequest) -> HttpResponse:
    return responses.see_other(frame.address(request, "status", accepted.token))


def _refused(
    request: HttpRequest,
    shown: Shown,
    typed: Typed,
    refused: identity.Refused | form_token.InvalidToken | intake_errors.Refused,
) -> HttpResponse:
    """Show the form again, with the reason for the refusal."""
    fresh = replace(typed, form_token="")
    match refused:
        case identity.Refused():
            problem = Problem(form_errors.IDENTITY_SENTENCE, keeps_identity=False)
            return pages.page_again(request, shown, typed, problem)
        case form_token.ConsentChanged():
            problem = Problem(form_errors.CONSENT_SENTENCE)
            return pages.page_again(request, shown, fresh.without_consent(), problem)
        case form_token.InvalidToken():
            return pages.page_again(request, shown, fresh, Problem(form_errors.EXPIRED_SENTENCE))
        case intake_errors.ShownBeforeRestore():
            # This process may have cached the mark of an earlier restore.
            widget_cache.forget()
            known = widget_cache.find(shown.widget.public_id)
            mark = known.restore_mark if known else ""
            return pages.page_again(
                request, replace(shown, restore_mark=mark), fresh, form_errors.of(refused)
            )
        case intake_errors.AlreadyUsed():
            return pages.page_again(request, shown, fresh, form_errors.of(refused))
    # Keep the same token: if the form was accepted meanwhile, it still leads to that request.
    return pages.page_again(request, shown, typed, form_errors.of(refused))
