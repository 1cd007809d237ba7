"""Render the pages about a request: its status, the questions, and the copy for staff."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from callbacks.abuse import next_request
from callbacks.contact import email_addresses, email_typos
from callbacks.core import clock
from callbacks.hours import time_zones
from callbacks.intake import call_again, rescheduling
from callbacks.lifecycle import blocking
from callbacks.models import CallRequest, Status
from callbacks.public.embed import frame
from callbacks.public.form import topics
from callbacks.public.form.form_errors import Problem
from callbacks.public.http import language, responses, stylesheet
from callbacks.public.status import click_offer, times
from callbacks.public.status import messages as status_messages
from callbacks.public.status.status_message import StatusMessage
from callbacks.scheduling import calendar_file
from callbacks.scheduling.slots import spelled
from callbacks.visitor_mails import events as visitor_mails
from callbacks.visitor_mails import opt_out
from callbacks.widgets import languages

CONFLICT = 409
# The pages of a request that its status page links to.
LINKS = (
    *("status", "number", "time", "calendar", "cancel"),
    *("never", "undo", "again", "call_again", "no_emails"),
)
# Without JavaScript the page reloads itself, and then shows the number masked.
RELOAD_SECONDS, RELOAD_IN_FULL_SECONDS = 5, 20
LONGEST_RELOAD_SECONDS = 3600


def status_page(
    request: HttpRequest,
    call_request: CallRequest,
    *,
    key: str = "",
    notice: str = "",
    contact_after: bool = False,
) -> HttpResponse:
    """Show the status, in the language of the request. A `key` shows the number in full.

    `contact_after` says whether the notice goes on with how to reach the company.
    """
    code = language.of_request(call_request)
    with translation.override(code):
        context = (
            _page_context(request, call_request) | status_context(call_request, key) | {"key": key}
        )
        context["notice"] = notice or context["notice"]
        context["contact_after_notice"] = contact_after
        context |= click_offer.context(call_request)
    if key:
        context["email_domain"] = email_typos.meant_domain(call_request.email)
    return responses.render(request, "public/status.html", context, code=code)


def no_longer_possible(
    request: HttpRequest,
    call_request: CallRequest,
    notice: str,
    *,
    key: str = "",
    contact_after: bool = False,
) -> HttpResponse:
    """Show the status with `notice`, which says that it is too late; HTTP status 409."""
    page_instead = status_page(
        request, call_request, key=key, notice=notice, contact_after=contact_after
    )
    page_instead.status_code = CONFLICT
    return page_instead


def refused(
    request: HttpRequest, call_request: CallRequest, why_not: Problem, *, key: str
) -> HttpResponse:
    """Show the status, with the reason why the visitor is not called again."""
    notice = str(why_not.sentence)
    page_instead = status_page(
        request, call_request, key=key, notice=notice, contact_after=why_not.names_contact
    )
    return why_not.mark(page_instead)


def copy_for_staff(call_request: CallRequest) -> HttpResponse:
    """Return the page as the visitor sees it now, without links, forms, scripts or its address.

    The address is the visitor's key: a person who has it can act as the visitor.
    """
    code = language.of_request(call_request)
    with translation.override(code):
        context = status_context(call_request) | {
            "stylesheet": stylesheet.address(call_request.widget)
        }
        text = render_to_string("staff/visitor_page.html", context)
    return responses.page(text, code=code)


def ask_if_waiting(
    request: HttpRequest, call_request: CallRequest, template: str, **more: Any
) -> HttpResponse:
    """Ask the visitor as `ask` does, or redirect to the status if the request no longer waits."""
    if call_request.status != Status.QUEUED:
        return responses.see_other(frame.address(request, "status", call_request.token))
    return ask(request, call_request, template, **more)


def ask(
    request: HttpRequest, call_request: CallRequest, template: str, **more: Any
) -> HttpResponse:
    """Show a page that asks the visitor what to do; `more` is added to its context."""
    shown = status_messages.shown_number(call_request, in_full=bool(more.get("key")))
    context = _page_context(request, call_request) | {"number": shown} | more
    return responses.render(request, template, context, code=language.of_request(call_request))


def status_context(call_request: CallRequest, key: str = "") -> dict[str, Any]:
    """Return the part of the template context that says what happened, in the active language.

    With a `key`, the number is shown in full.
    """
    never_again = call_request.erased_at is None and blocking.wants_no_more_calls(call_request)
    said = status_messages.of(call_request, in_full=bool(key), never_again=never_again)
    now = clock.now() if call_request.is_over else None
    again_from = undo_until = call_again_changes_at = None
    is_call_again_offered = False
    notice = ""
    if now is not None and never_again:
        undo_until = blocking.may_undo_until(call_request, now)
    elif now is not None and call_request.number:
        again_from = next_request.another_from(call_request.number, now)
        call_again_changes_at = call_again.next_change(call_request, now)
        is_call_again_offered = call_again.is_offered(call_request, now)
    if call_request.blocked_at is not None and not never_again and call_request.is_over:
        notice = _("This number can be called again. To be called, ask for another call.")
    seconds = said.refresh_seconds
    changes_at = [time for time in (again_from, call_again_changes_at) if time]
    if now is not None and changes_at:
        seconds = int((min(changes_at) - now).total_seconds()) + 1
    reload_seconds = RELOAD_IN_FULL_SECONDS if key else RELOAD_SECONDS
    return {
        "call_request": call_request,
        "widget": call_request.widget,
        "message": said,
        **_zone_context(call_request, said),
        "notice": notice,
        "never_again": never_again,
        "undo_until": times.moment(undo_until, now) if undo_until and now else "",
        "again": times.another_from(again_from, now) if again_from and now else "",
        "call_again": is_call_again_offered,
        "refresh_seconds": seconds,
        "settled": call_request.is_over and not changes_at,
        "reload_seconds": min(max(seconds, reload_seconds), LONGEST_RELOAD_SECONDS),
        "number": status_messages.shown_number(call_request) if call_request.number else "",
        "in_calendar": calendar_file.is_offered(call_request),
        "left_in_calendar": calendar_file.is_withdrawn(call_request),
        **_mail_context(call_request),
        "can_move": rescheduling.is_offered(call_request),
    }


def _mail_context(call_request: CallRequest) -> dict[str, Any]:
    """Return whether the visitor can stop emails, or has done so, and the address, masked."""
    if not call_request.email or not visitor_mails.is_wanted(call_request.widget):
        return {}
    is_stopped = opt_out.is_stopped(call_request.email_hash)
    return {
        "can_stop_emails": not is_stopped,
        "emails_are_stopped": is_stopped,
        "email": email_addresses.masked(call_request.email),
    }


def _zone_context(call_request: CallRequest, said: StatusMessage) -> dict[str, str]:
    """Return the time zone of what the page says, its place, and when a later call comes (UTC)."""
    widget = call_request.widget
    return {
        "time_zone": widget.shown_zone.key if widget.has_hours else "",
        "place": time_zones.place_of(widget.shown_zone),
        "starts_at": spelled(said.starts_at) if said.starts_at else "",
        "ends_at": spelled(said.ends_at) if said.ends_at else "",
    }


def _page_context(request: HttpRequest, call_request: CallRequest) -> dict[str, Any]:
    """Return the part of the template context that all pages share: style sheet and links."""
    token = call_request.token
    links = {f"{name}_link": frame.address(request, name, token) for name in LINKS}
    return {
        "call_request": call_request,
        "widget": call_request.widget,
        "stylesheet": stylesheet.address(call_request.widget),
        "form_link": form_link(request, call_request),
        **links,
    }


def form_link(request: HttpRequest, call_request: CallRequest) -> str:
    """Return the path of the form that led to the request: in its language, about its topic."""
    own_language = (
        {} if call_request.widget.language else {languages.PARAMETER: call_request.language}
    )
    offering = call_request.offered_by
    if offering is None or not offering.is_active:
        return frame.address(request, "form", call_request.widget.public_id, **own_language)
    about = {topics.PARAMETER: call_request.topic or ""}
    return frame.address(request, "form", offering.public_id, **own_language, **about)
