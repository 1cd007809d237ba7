"""Show the form, and take it when it is sent."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from callbacks.contact import number_display
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
    topics,
    visit_source,
)
from callbacks.public.form.form_errors import Problem
from callbacks.public.form.pages import Shown
from callbacks.public.form.typed import Typed
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
    key = topics.asked_for(request)
    target = widget_cache.find_topic(known, key) if key else None
    is_own = target is None or target.widget == known.widget
    about = target or known
    code = language.of_form(request, about.widget)
    with translation.override(code):
        shown = Shown(
            about.widget,
            code,
            about.texts_in(code),
            about.restore_mark,
            topic=known.topic(key) if target else None,
            offered_by=None if is_own else known.widget,
            is_chosen=target is not None and topics.is_chosen(request),
        )
        if request.method == "POST":
            if key and target is None:
                return _topic_gone(request, shown, known)
            return _take(request, shown)
        if pauses.lasts(known.widget):
            return pages.paused(request, _of(known, code))
        if known.topics and target is None:
            return topics.ask(request, shown, known.topics)
        if pauses.lasts(about.widget):
            return pages.paused(request, shown)
        return pages.first_page(request, shown, about)


def _like(earlier: CallRequest, known: widget_cache.Known, code: str) -> Shown:
    """Return the form of the earlier request: about the same topic, if it is still offered."""
    offering = earlier.offered_by and widget_cache.find(earlier.offered_by.public_id)
    if not (offering and offering.widget.is_active):
        return _of(known, code)
    target = widget_cache.find_topic(offering, earlier.topic or "")
    if target is None or target.widget != known.widget:
        return _of(known, code)
    is_own = offering.widget == known.widget
    return replace(
        _of(known, code),
        topic=offering.topic(earlier.topic or ""),
        offered_by=None if is_own else offering.widget,
    )


def _of(known: widget_cache.Known, code: str) -> Shown:
    """Return the form of the widget itself in this language."""
    return Shown(known.widget, code, known.texts_in(code), known.restore_mark)


def again(request: HttpRequest, earlier: CallRequest) -> HttpResponse:
    """Show the form to the sender of an earlier request, filled in with the same number and email.

    The token, the consent and the request that follows are new.
    """
    known = widget_cache.find(earlier.widget.public_id)
    if known is None or not known.widget.is_active:
        return responses.not_found(request, earlier.widget)
    code = language.of_request(earlier)
    with translation.override(code):
        shown = _like(earlier, known, code)
        if pauses.lasts(shown.host):
            return pages.paused(
                request, _of(widget_cache.find(shown.host.public_id) or known, code)
            )
        if pauses.lasts(shown.widget):
            return pages.paused(request, shown)
        details = {
            "number": number_display.displayed(earlier.number),
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
    typed = Typed.read(request.POST, shown.widget, shown.host)
    try:
        accepted = taking.take(request, shown, typed, request.POST)
    except taking.REFUSALS as refused:
        return _refused(request, shown, typed, refused)
    return _to_request(request, accepted)


def _topic_gone(request: HttpRequest, shown: Shown, known: widget_cache.Known) -> HttpResponse:
    """Ask for another topic, except if the form already led to a request.

    If there is no choice any more, show the form of the widget itself. What was typed is kept.
    """
    typed = Typed.read(request.POST, shown.widget)
    if (earlier := _earlier(request, shown.widget)) is not None:
        return _to_request(request, earlier)
    if known.topics:
        return topics.ask(request, shown, known.topics, topics.GONE)
    fresh = replace(typed, form_token="").without_consent()
    return pages.page_again(request, shown, fresh, Problem(form_errors.OTHER_FORM_SENTENCE))


def _not_found(request: HttpRequest, widget: Widget) -> HttpResponse:
    """Answer 404 for an inactive widget, except to a form that already led to a request."""
    earlier = _earlier(request, widget)
    if earlier is None:
        return responses.not_found(request, widget)
    return _to_request(request, earlier)


def _earlier(request: HttpRequest, widget: Widget) -> CallRequest | None:
    """Return the request that the form already led to, or None."""
    typed = Typed.read(request.POST, widget)
    try:
        if topics.asked_for(request):
            return taking.taken_before_for_a_topic(typed)
        return taking.taken_before(widget, typed)
    except intake_errors.AlreadyUsed:
        return None


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
        case form_token.OtherWidget():
            problem = Problem(form_errors.OTHER_FORM_SENTENCE)
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
