"""Show the form, and take it when it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import translation
from django.utils.translation import gettext as _

from callbacks.abuse import ip_rate_limit
from callbacks.contact import email_typos, number_sentences, phone_numbers
from callbacks.core import clock
from callbacks.intake import accept, form_token, submission, taken_before
from callbacks.intake import errors as intake_errors
from callbacks.intake.request_form import RequestForm
from callbacks.models import CallRequest, Widget, WidgetText
from callbacks.public.embed import frame
from callbacks.public.form import bot_checks, form_errors, identity, visit_source
from callbacks.public.form.form_errors import Problem
from callbacks.public.http import decorators, language, responses, stylesheet
from callbacks.widgets import cache as widget_cache
from callbacks.widgets import languages, texts

# Stands for the token in a page that is rendered once and served to many visitors.
PLACE_OF_TOKEN = "@@form-token@@"  # noqa: S105 - no secret, but its place


@dataclass(frozen=True)
class Typed:
    """What the fields of the form contain: nothing at first, later what the visitor typed."""

    form: RequestForm
    form_token: str = ""
    # Hidden fields: the page from which the visitor asks. The visitor does not type them.
    asked_from: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, sent: QueryDict, widget: Widget) -> "Typed":
        return cls(
            form=RequestForm(sent, widget=widget),
            form_token=sent.get("form_token", ""),
            asked_from=visit_source.fields(sent),
        )

    @property
    def number(self) -> str:
        return self._of("number")

    @property
    def email(self) -> str:
        return self._of("email")

    @property
    def consent(self) -> bool:
        return bool(self.form["consent"].value())

    def _of(self, name: str) -> str:
        return str(self.form[name].value() or "")

    def without_consent(self) -> "Typed":
        """Return the same form with the consent box not ticked."""
        kept = {name: value for name, value in self.form.data.items() if name != "consent"}
        return replace(self, form=RequestForm(kept, widget=self.form.of_widget))


@dataclass(frozen=True)
class Shown:
    """The form of one widget, in one language, with its texts."""

    widget: Widget
    language: str
    texts: texts.Texts
    restore_mark: str = ""

    def new_token(self) -> str:
        return form_token.new(self.widget, self.texts.consent, self.restore_mark)


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
        words = texts.completed(known.words.get(code) or WidgetText())
        shown = Shown(widget, code, words, known.restore_mark)
        if request.method == "POST":
            return _take(request, shown)
        if widget.is_paused:
            return _paused(request, shown)
        return _first_page(request, shown, known)


def again(request: HttpRequest, earlier: CallRequest) -> HttpResponse:
    """Show the form to the sender of an earlier request, filled in with the same number and email.

    The token, the consent and the request that follows are new.
    """
    known = widget_cache.find(earlier.widget.public_id)
    if known is None or not known.widget.is_active:
        return responses.not_found(request)
    code = language.of_request(earlier)
    with translation.override(code):
        words = texts.completed(known.words.get(code) or WidgetText())
        shown = Shown(known.widget, code, words, known.restore_mark)
        if shown.widget.is_paused:
            return _paused(request, shown)
        details = {"number": phone_numbers.displayed(earlier.number), "email": earlier.email}
        typed = Typed(
            form=RequestForm(details, widget=shown.widget),
            form_token=shown.new_token(),
            asked_from=visit_source.of(earlier),
        )
        challenge = bot_checks.challenge(shown.widget, typed.form_token)
        return responses.page(_text(request, shown, typed, challenge), code=code)


def _take(request: HttpRequest, shown: Shown) -> HttpResponse:
    """Take the form, or show it again with the reason.

    A form that was accepted before leads to its request, even if it would be refused now. Showing
    it again with a new token would allow a second call.
    """
    typed = Typed.read(request.POST, shown.widget)
    try:
        accepted = _accepted(request, shown, typed)
    except (identity.Refused, form_token.Expired, intake_errors.Refused) as refused:
        try:
            earlier = _taken_before(shown.widget, typed)
        except intake_errors.AlreadyUsed as used:
            is_expired = isinstance(refused, form_token.Expired)
            return _refused(request, shown, typed, used if is_expired else refused)
        if earlier is None:
            return _refused(request, shown, typed, refused)
        accepted = earlier
    return _to_request(request, accepted)


def _accepted(request: HttpRequest, shown: Shown, typed: Typed) -> CallRequest:
    """Return the request that the form leads to.

    Raises:
        identity.Refused: the signature of the site is wrong or has expired.
        form_token.Expired: the form token cannot be used.
        intake_errors.Refused: a bot check, a limit or `intake` refuses the form.
    """
    claim = identity.Claim.read(request.POST)
    with intake_errors.as_too_many():
        ip_rate_limit.count(request, shown.widget)
    bot_checks.check_trap(request, shown.widget)
    if claim:
        identity.check(claim, shown.widget, clock.now())
    opened = form_token.opened(typed.form_token, shown.widget, shown.texts.consent)
    bot_checks.check_proof(request, shown.widget, typed.form_token)
    accepted = accept.accept(
        submission.Submission(
            widget=shown.widget,
            nonce=opened.nonce,
            number=typed.number,
            email=typed.email,
            language=shown.language,
            consent=typed.consent,
            consent_text=shown.texts.consent,
            address=ip_rate_limit.client_address(request),
            origin=visit_source.read(request.POST),
            is_verified=claim is not None,
            fill_time=opened.age,
            restore_mark=opened.restore_mark,
        )
    )
    return accepted.call_request


def _taken_before(widget: Widget, typed: Typed) -> CallRequest | None:
    """Return the request that this form already led to, or None (see `intake.taken_before`)."""
    nonce = form_token.nonce_of(typed.form_token, widget)
    return taken_before.taken_before(widget, nonce, typed.number, typed.email)


def _not_found(request: HttpRequest, widget: Widget) -> HttpResponse:
    """Answer 404 for an inactive widget, except to a form that already led to a request."""
    try:
        earlier = _taken_before(widget, Typed.read(request.POST, widget))
    except intake_errors.AlreadyUsed:
        earlier = None
    return responses.not_found(request) if earlier is None else _to_request(request, earlier)


def _to_request(request: HttpRequest, accepted: CallRequest) -> HttpResponse:
    return responses.see_other(frame.address(request, "status", accepted.token))


def _refused(
    request: HttpRequest,
    shown: Shown,
    typed: Typed,
    refused: identity.Refused | form_token.Expired | intake_errors.Refused,
) -> HttpResponse:
    """Show the form again, with the reason for the refusal."""
    fresh = replace(typed, form_token="")
    match refused:
        case identity.Refused():
            sentence = _(
                "We couldn't verify the details that this website passed on, or they have expired. "
                "Check them and send the form again."
            )
            return _page(request, shown, typed, Problem(sentence, keeps_identity=False))
        case form_token.ConsentChanged():
            sentence = _(
                "The consent text has changed. Read it, tick the box and send the form again."
            )
            return _page(request, shown, fresh.without_consent(), Problem(sentence))
        case form_token.Expired():
            sentence = _("This form has expired. Please send it again.")
            return _page(request, shown, fresh, Problem(sentence))
        case intake_errors.ShownBeforeRestore():
            # This process may have cached the mark of an earlier restore.
            widget_cache.forget()
            known = widget_cache.find(shown.widget.public_id)
            mark = known.restore_mark if known else ""
            return _page(request, replace(shown, restore_mark=mark), fresh, form_errors.of(refused))
        case intake_errors.AlreadyUsed():
            return _page(request, shown, fresh, form_errors.of(refused))
    # Keep the same token: if the form was accepted meanwhile, it still leads to that request.
    return _page(request, shown, typed, form_errors.of(refused))


def _paused(request: HttpRequest, shown: Shown) -> HttpResponse:
    context = {
        "title": texts.paused_heading(),
        "text": shown.texts.pause_message,
        "stylesheet": stylesheet.address(shown.widget),
    }
    return responses.render(request, "public/message.html", context, code=shown.language)


def _first_page(request: HttpRequest, shown: Shown, known: widget_cache.Known) -> HttpResponse:
    """Show the empty form.

    For most visitors only the token differs. So the page is rendered once, cached with the widget,
    and only the token is replaced.
    """
    came_from = visit_source.at_first(request)
    token = shown.new_token()
    challenge = bot_checks.challenge(shown.widget, token)
    if came_from or challenge:
        empty = RequestForm(widget=shown.widget)
        typed = Typed(empty, token, came_from)
        return responses.page(_text(request, shown, typed, challenge), code=shown.language)
    frame_now = frame.of(request)
    look = shown.language, frame_now and frame_now.theme
    if look not in known.first_pages:
        known.first_pages[look] = _text(
            request, shown, Typed(RequestForm(widget=shown.widget), PLACE_OF_TOKEN), ""
        )
    text = known.first_pages[look].replace(PLACE_OF_TOKEN, token)
    return responses.page(text, code=shown.language)


def _page(request: HttpRequest, shown: Shown, typed: Typed, why_not: Problem) -> HttpResponse:
    """Show the form again with what was typed, and the reason for the refusal."""
    token = typed.form_token or shown.new_token()
    challenge = bot_checks.challenge(shown.widget, token)
    text = _text(request, shown, replace(typed, form_token=token), challenge, why_not)
    return why_not.mark(responses.page(text, code=shown.language))


def _text(
    request: HttpRequest,
    shown: Shown,
    typed: Typed,
    challenge: str,
    why_not: Problem | None = None,
) -> str:
    has_choice = not shown.widget.language
    meant = email_typos.meant_domain(typed.email)
    context = {
        "number_hint": number_sentences.hint(shown.widget.allowed_regions),
        "email_domains": " ".join(email_typos.DOMAINS),
        "email_suggestion": _("Did you mean DOMAIN?").replace("DOMAIN", meant) if meant else "",
        "widget": shown.widget,
        "texts": shown.texts,
        "typed": typed,
        "problem": why_not,
        "challenge": challenge,
        "stylesheet": stylesheet.address(shown.widget),
        "languages": _languages(request, shown) if has_choice else [],
        # Send the form in the language in which the visitor read it and its consent text.
        "action": _address(request, shown, shown.language if has_choice else ""),
    }
    return responses.rendered(request, "public/form.html", context, code=shown.language)


def _languages(request: HttpRequest, shown: Shown) -> list[tuple[languages.Choice, str]]:
    """Return each language with the path of the form in that language."""
    return [(choice, _address(request, shown, choice.code)) for choice in languages.choices()]


def _address(request: HttpRequest, shown: Shown, code: str) -> str:
    chosen = {languages.PARAMETER: code} if code else {}
    return frame.address(request, "form", shown.widget.public_id, **chosen)
