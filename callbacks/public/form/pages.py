"""Render the form: empty, or with what was typed and the reason for a refusal."""

from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from callbacks.contact import email_typos, number_sentences
from callbacks.intake import form_token
from callbacks.intake.submission import ChosenTopic
from callbacks.models import Widget
from callbacks.public.embed import frame
from callbacks.public.form import bot_checks, extra_fields, times_to_choose, visit_source
from callbacks.public.form.form_errors import Problem
from callbacks.public.form.typed import Typed
from callbacks.public.http import responses, stylesheet
from callbacks.public.status import times
from callbacks.public.status.times import clock_time
from callbacks.scheduling import offer
from callbacks.scheduling.offer import Offer
from callbacks.scheduling.slots import When
from callbacks.visitor_mails import events as visitor_mails
from callbacks.widgets import cache as widget_cache
from callbacks.widgets import languages, texts
from callbacks.widgets.topics import OfferedTopic

# Stands for the token in a page that is rendered once and served to many visitors.
PLACE_OF_TOKEN = "@@form-token@@"  # noqa: S105 - no secret, but its place


@dataclass(frozen=True)
class Shown:
    """The form of one widget, in one language, with its texts.

    If the form is about a `topic`, `offered_by` is the widget whose page it is, if that is another
    one. `is_chosen` is true if the visitor chose the topic there.
    """

    widget: Widget
    language: str
    texts: texts.Texts
    restore_mark: str = ""
    topic: OfferedTopic | None = None
    offered_by: Widget | None = None
    is_chosen: bool = False

    @property
    def host(self) -> Widget:
        """Return the widget whose page this is: the one that a site embeds."""
        return self.offered_by or self.widget

    @property
    def query(self) -> dict[str, str]:
        """Return the parameters in the address of this form that say what it is about."""
        chosen = {"chosen": "1"} if self.is_chosen else {}
        return {"topic": self.topic.key, **chosen} if self.topic else {}

    @property
    def chosen_topic(self) -> ChosenTopic | None:
        """Return the topic as it is stored with a request, or None. Its label is translated."""
        if self.topic is None:
            return None
        return ChosenTopic(self.host, self.topic.key, self.topic.label)

    def new_token(self) -> str:
        return form_token.new(self.widget, self.texts.full_consent, self.restore_mark)


def paused(request: HttpRequest, shown: Shown) -> HttpResponse:
    """Show the message that the widget is paused."""
    until = shown.widget.paused_until
    context = {
        "title": texts.paused_heading(),
        "text": shown.texts.pause_message,
        "next_time": until and times_to_choose.next_time(shown.widget, until, ends_pause=True),
        "widget": shown.widget,
        "stylesheet": stylesheet.address(shown.host),
    }
    return responses.render(request, "public/message.html", context, code=shown.language)


def closed(request: HttpRequest, shown: Shown, offered: Offer) -> HttpResponse:
    """Show the message that nothing can be asked for until the next opening."""
    opens_at = offered.opens_at
    context = {
        "title": _("We're closed now"),
        "text": _("We don't take call requests outside our opening hours."),
        "next_time": opens_at and times_to_choose.next_time(shown.widget, opens_at),
        "is_closed": True,
        "opens": opens_at.isoformat() if opens_at else "",
        "widget": shown.widget,
        "stylesheet": stylesheet.address(shown.host),
    }
    return responses.render(request, "public/message.html", context, code=shown.language)


def first_page(request: HttpRequest, shown: Shown, known: widget_cache.Known) -> HttpResponse:
    """Show the empty form, or that the widget is closed.

    For most visitors only the token differs. So the page is rendered once, cached with the widget,
    and only the token is replaced.
    """
    came_from = visit_source.at_first(request, shown.host.campaign_names)
    if not came_from and shown.is_chosen:
        came_from = visit_source.from_choice(request, shown.host.campaign_names)
    all_days = wants_all_days(request)
    offered = offered_first(known, all_days=all_days)
    if not offered.takes_requests:
        return closed(request, shown, offered)
    token = shown.new_token()
    challenge = bot_checks.challenge(shown.widget, token)
    if came_from or challenge:
        typed = Typed(shown.widget, form_token=token, asked_from=came_from)
        return responses.page(text(request, shown, typed, challenge, offered), code=shown.language)
    frame_now = frame.of(request)
    place = shown.host.public_id, *shown.query.values()
    look = shown.language, frame_now and frame_now.theme, all_days, place
    if look not in known.first_pages:
        known.first_pages[look] = text(
            request, shown, Typed(shown.widget, form_token=PLACE_OF_TOKEN), "", offered
        )
    html = known.first_pages[look].replace(PLACE_OF_TOKEN, token)
    return responses.page(html, code=shown.language)


def offered_first(known: widget_cache.Known, *, all_days: bool) -> Offer:
    """Return what a visitor is offered whose number is unknown, from the cache if it is there."""
    if all_days not in known.offers:
        known.offers[all_days] = offer.of(known.widget, all_days=all_days)
    offered: Offer = known.offers[all_days]
    return offered


def page_again(request: HttpRequest, shown: Shown, typed: Typed, why_not: Problem) -> HttpResponse:
    """Show the form again with what was typed, and the reason for the refusal."""
    token = typed.form_token or shown.new_token()
    challenge = bot_checks.challenge(shown.widget, token)
    html = text(
        request,
        shown,
        replace(typed, form_token=token),
        challenge,
        offered_to(request, shown.widget, typed),
        why_not,
    )
    return why_not.mark(responses.page(html, code=shown.language))


def text(
    request: HttpRequest,
    shown: Shown,
    typed: Typed,
    challenge: str,
    offered: Offer,
    why_not: Problem | None = None,
) -> str:
    """Return the HTML of the form. `challenge` is a proof of work to ask for; "" for none."""
    has_choice = not shown.widget.language
    meant = email_typos.meant_domain(typed.email)
    context = {
        "number_hint": number_sentences.hint(shown.widget.allowed_regions),
        "email_domains": " ".join(email_typos.DOMAINS),
        "email_suggestion": _("Did you mean DOMAIN?").replace("DOMAIN", meant) if meant else "",
        "widget": shown.widget,
        "mails_visitors": visitor_mails.is_wanted(shown.widget),
        "texts": shown.texts,
        "typed": typed,
        "problem": why_not,
        "introduction": introduction(shown, offered),
        "extra_fields": extra_fields.shown(
            shown.widget, typed.answers, why_not.errors if why_not else {}
        ),
        "times": times_to_choose.of(shown.widget, offered, typed.when),
        "all_days": _address(request, shown, shown.language if has_choice else "", days="all"),
        "challenge": challenge,
        "stylesheet": stylesheet.address(shown.host),
        "languages": languages_of(request, shown),
        "choice": choice(request, shown),
        # Told to the site's page; None if the widget has no topics.
        "topic": shown.topic and shown.topic.key,
        # Send the form in the language in which the visitor read it and its consent text.
        "action": _address(request, shown, shown.language if has_choice else ""),
    }
    return responses.rendered(request, "public/form.html", context, code=shown.language)


def introduction(shown: Shown, offered: Offer) -> str:
    """Return the text above the form. The default text promises no call now while it is closed.

    It is empty if nothing can be chosen: the page says why. If a call that is asked for now may
    wait for the next opening, the text says when that is.
    """
    is_custom = shown.texts.introduction != texts.default_introduction()
    if not offered.takes_requests:
        return ""
    if not offered.is_open and not is_custom:
        return texts.introduction_while_closed()
    if offered.break_ahead is None:
        return shown.texts.introduction
    zone, (closes_at, opens_at) = shown.widget.own_zone, offered.break_ahead
    opening = times_to_choose.day_and_time(opens_at, zone)
    over_closing = times.over_closing(clock_time(closes_at, zone), opening)
    return f"{shown.texts.introduction} {over_closing}"


def choice(request: HttpRequest, shown: Shown) -> str:
    """Return the path of the page that asks for the topic, or "" if the visitor chose none."""
    if not shown.is_chosen:
        return ""
    chosen = {} if shown.host.language else {languages.PARAMETER: shown.language}
    return frame.address(request, "form", shown.host.public_id, **chosen)


def languages_of(request: HttpRequest, shown: Shown) -> list[tuple[languages.Choice, str]]:
    """Return each language that can be chosen with the path of the page in that language."""
    if shown.widget.language:
        return []
    return [(one, _address(request, shown, one.code)) for one in languages.choices()]


def _address(request: HttpRequest, shown: Shown, code: str, **more: str) -> str:
    chosen = {languages.PARAMETER: code} if code else {}
    return frame.address(request, "form", shown.host.public_id, **chosen, **shown.query, **more)


def offered_to(request: HttpRequest, widget: Widget, typed: Typed) -> Offer:
    """Return what the visitor who typed this is offered now.

    All days are there if the visitor had chosen one of them, which may be among the later ones.
    """
    all_days = wants_all_days(request) or typed.when not in ("", *When)
    return offer.of(widget, number=_number_of(typed), all_days=all_days)


def wants_all_days(request: HttpRequest) -> bool:
    """Return whether all days that can be chosen are asked for, and not only the first."""
    return request.GET.get("days") == "all"


def _number_of(typed: Typed) -> str:
    """Return the number that was typed, in E.164, or "" if it is not a number to call."""
    try:
        return str(typed.form.fields["number"].clean(typed.number))
    except ValidationError:
        return ""
