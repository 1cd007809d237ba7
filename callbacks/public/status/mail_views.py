"""Stop emails: from the page of a request, or with the link in an email."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from callbacks.contact import email_addresses
from callbacks.models import CallRequest
from callbacks.public.embed import frame
from callbacks.public.http import decorators, language, responses
from callbacks.public.status import of_token, pages
from callbacks.team_mails import unsubscribing
from callbacks.visitor_mails import events, opt_out


@of_token.page("GET", "POST")
def no_emails(request: HttpRequest, call_request: CallRequest) -> HttpResponse:
    """Stop all emails to the address of this request: ask on GET, do it on POST."""
    is_offered = bool(call_request.email) and events.is_wanted(call_request.widget)
    if request.method != "POST" and is_offered:
        email = email_addresses.masked(call_request.email)
        return pages.ask(request, call_request, "public/no_emails.html", email=email)
    if is_offered:
        opt_out.stop(call_request.email_hash)
    return responses.see_other(frame.address(request, "status", call_request.token))


@decorators.public_page("GET", "POST")
def stop_emails(request: HttpRequest, code: str) -> HttpResponse:
    """Stop all emails to the address of this code: ask on GET, do it on POST.

    Mail programs send the POST themselves, with one click of their own (RFC 8058). They also open
    links to check them, so a GET changes nothing.
    """
    recipient = opt_out.recipient_of(code)
    if recipient is None:
        return responses.not_found(request)
    if request.method == "POST":
        opt_out.stop(recipient)
        return responses.message(
            request,
            200,
            title=_("You won't get any more emails"),
            text=_("We won't send any more emails to this address about calls."),
        )
    code_of_language = language.of_visitor(request)
    return responses.render(request, "public/stop_emails.html", {}, code=code_of_language)


@decorators.public_page("GET", "POST")
def stop_team_emails(request: HttpRequest, code: str) -> HttpResponse:
    """Stop the emails about a widget's requests to the recipient of this code.

    Ask on GET and do it on POST, as `stop_emails` does.
    """
    recipient = unsubscribing.recipient_of(code)
    if recipient is None:
        return responses.not_found(request)
    if request.method == "POST":
        unsubscribing.stop(recipient)
        return responses.message(
            request,
            200,
            title=_("You won't get these emails any more"),
            text=_("Whoever manages the widget can see it in the list of recipients."),
        )
    context = {"widget": recipient.widget}
    code_of_language = language.of_visitor(request)
    return responses.render(request, "public/stop_team_emails.html", context, code=code_of_language)
