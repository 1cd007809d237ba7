"""Show what happened to a request, as a page and as JSON, and let the visitor act on it.

The token in the address cannot be guessed, and it gives full access to the request. The sender sees
the number in full for a while (`sender`). Everybody else sees it masked.
"""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.utils.translation import gettext as _

from callbacks.lifecycle import actions, blocking
from callbacks.models import CallRequest, Status
from callbacks.public.embed import frame
from callbacks.public.form import views as form_views
from callbacks.public.http import decorators, language, responses
from callbacks.public.status import answers, of_token, pages, sender
from callbacks.public.status import call_again as click
from callbacks.public.status.status_message import StatusMessage
from callbacks.scheduling import calendar_file

# The field that says that a question was answered, and not only asked.
CONFIRMED = "confirmed"


@of_token.page("GET")
def status(request: HttpRequest, call_request: CallRequest) -> HttpResponse:
    """Show the status; the page renews itself until no change is expected any more."""
    key = sender.key_of_first_view(call_request) if request.method == "GET" else ""
    return pages.status_page(request, call_request, key=key)


@decorators.public_page("GET", "POST")
def state(request: HttpRequest, token: str) -> HttpResponse:
    """Return the status as JSON.

    Keys: `status`, `title`, `text`, `known_at`, `final`, `contact` (whether to tell how to
    reach the company), `again` (in words, from when another call can be asked for; "" means now),
    `call_again` (whether one click asks for it), `refresh_seconds` (when to ask again) and
    `settled` (whether nothing more will change), `starts_at` and `ends_at` (of a later call, in
    RFC 3339; "" otherwise). An unknown or deleted request gives 404 and
    `final`. A POST with the sender's key shows the number in full.
    """
    call_request = of_token.find(token)
    if call_request is None:
        return JsonResponse({"final": True}, status=404)
    with translation.override(language.of_request(call_request)):
        context = pages.status_context(call_request, sender.key_of(request, call_request))
    said: StatusMessage = context["message"]
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
            "starts_at": context["starts_at"],
            "ends_at": context["ends_at"],
        }
    )


@of_token.page("GET", "POST")
def cancel(request: HttpRequest, call_request: CallRequest) -> HttpResponse:
    """Cancel a waiting request: ask on GET, do it on POST.

    A POST with only a key (`sender`) asks, too, so that the key reaches the page that follows: the
    sender can then ask for another call without typing everything again.
    """
    key = sender.key_of(request, call_request)
    if request.method != "POST" or (key and CONFIRMED not in request.POST):
        return pages.ask_if_waiting(request, call_request, "public/cancel.html", key=key)
    return answers.move_and_answer(
        request, call_request, lambda: actions.cancel_by_visitor(call_request), key=key
    )


@of_token.page("GET", "POST")
def never(request: HttpRequest, call_request: CallRequest) -> HttpResponse:
    """Stop all calls to this number: ask on GET, do it on POST, whatever the request's status.

    A waiting call is cancelled and the consent is withdrawn. A call in progress continues.
    """
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


@of_token.page("POST")
def undo(request: HttpRequest, call_request: CallRequest) -> HttpResponse:
    """Allow calls to this number again, shortly after `never`, unless others refuse them too.

    The request itself does not change, except that one that waits again is cancelled.
    """
    if blocking.undo_never_again(call_request) or not blocking.wants_no_more_calls(call_request):
        return responses.see_other(frame.address(request, "status", call_request.token))
    with translation.override(language.of_request(call_request)):
        notice = _("It's too late to undo this here.")
    return pages.no_longer_possible(request, call_request, notice, contact_after=True)


@of_token.page("GET", "POST")
def again(request: HttpRequest, call_request: CallRequest) -> HttpResponse:
    """Show the form for another request: filled in for the sender (`sender`), else empty.

    It is a form like any other, with its own consent.
    """
    if not sender.key_of(request, call_request):
        return responses.see_other(pages.form_link(request, call_request))
    return form_views.again(request, call_request)


@of_token.page("POST")
def call_again(request: HttpRequest, call_request: CallRequest) -> HttpResponse:
    """Call the visitor again whose phone did not ring: a new request, for one click."""
    with translation.override(language.of_request(call_request)):
        return click.take(request, call_request)


@of_token.page("GET")
def calendar(request: HttpRequest, call_request: CallRequest) -> HttpResponse:
    """Send the booked call as a calendar file; 404 if the request never had a time slot."""
    if not (calendar_file.is_offered(call_request) or calendar_file.is_withdrawn(call_request)):
        return responses.not_found(request, call_request.widget)
    with translation.override(language.of_request(call_request)):
        content = calendar_file.of(call_request)
    name = f'attachment; filename="{calendar_file.NAME}"'
    return HttpResponse(
        content, content_type=calendar_file.CONTENT_TYPE, headers={"Content-Disposition": name}
    )
