"""The form: shown, and taken."""

from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import translation
from django.utils.translation import gettext as _

from callbacks import intake
from callbacks.models import Widget
from callbacks.public import address, answer, form_token, language, page, problem, stylesheet, texts
from callbacks.public.problem import Problem


@dataclass(frozen=True)
class Typed:
    """What stands in the form: nothing at first, and then what the visitor typed."""

    number: str = ""
    email: str = ""
    consent: bool = False
    form_token: str = ""

    @classmethod
    def read(cls, sent: QueryDict) -> "Typed":
        return cls(
            number=sent.get("number", ""),
            email=sent.get("email", ""),
            consent=bool(sent.get("consent")),
            form_token=sent.get("form_token", ""),
        )


@dataclass(frozen=True)
class Shown:
    """The form of one widget in one language."""

    widget: Widget
    language: str
    texts: texts.Texts


@page.public_page("GET", "POST")
def form(request: HttpRequest, public_id: str) -> HttpResponse:
    """GET shows the form. POST takes it: 303 to what becomes of the request, or the form again
    with what was typed and why that won't do (422; 429 with `Retry-After`). While the widget is
    paused, GET says so instead."""
    widget = Widget.objects.filter(public_id=public_id, is_active=True).first()
    if widget is None:
        return answer.not_found(request)
    code = language.of_form(request, widget)
    with translation.override(code):
        shown = Shown(widget, code, texts.of(widget, code))
        if request.method == "POST":
            return _take(request, shown)
        if widget.is_paused:
            return _paused(shown)
        return _page(shown, Typed())


def _take(request: HttpRequest, shown: Shown) -> HttpResponse:
    typed = Typed.read(request.POST)
    fresh = replace(typed, form_token="")
    try:
        address.count(request, shown.widget)
        nonce = form_token.nonce(typed.form_token, shown.widget, shown.texts.consent)
        accepted = intake.accept(
            intake.Asked(
                widget=shown.widget,
                nonce=nonce,
                number=typed.number,
                email=typed.email,
                language=shown.language,
                consent=typed.consent,
                consent_text=shown.texts.consent,
                address=address.client_address(request),
            )
        )
    except form_token.ConsentChanged:
        sentence = _("The text of the consent has changed. Please read it and send the form again.")
        return _page(shown, replace(fresh, consent=False), Problem(sentence))
    except form_token.Expired:
        return _page(shown, fresh, Problem(_("This form had expired. Please send it again.")))
    except intake.AlreadyUsed as refused:
        return _page(shown, fresh, problem.of(refused))
    except (intake.Invalid, intake.TooMany, intake.NotTaken) as refused:
        # The same token again: had the form been taken before, it still leads to that request.
        return _page(shown, typed, problem.of(refused))
    return answer.see_other(accepted.request.get_absolute_url())


def _paused(shown: Shown) -> HttpResponse:
    context = {
        "title": shown.texts.heading,
        "text": shown.texts.pause_message,
        "stylesheet": stylesheet.address(shown.widget),
    }
    return answer.render("public/message.html", context, code=shown.language)


def _page(shown: Shown, typed: Typed, why_not: Problem | None = None) -> HttpResponse:
    token = typed.form_token or form_token.new(shown.widget, shown.texts.consent)
    response = answer.render(
        "public/form.html",
        {
            "widget": shown.widget,
            "texts": shown.texts,
            "typed": replace(typed, form_token=token),
            "problem": why_not,
            "stylesheet": stylesheet.address(shown.widget),
            "languages": [] if shown.widget.language else language.choices(),
            "action": _action(shown),
        },
        code=shown.language,
    )
    return why_not.mark(response) if why_not else response


def _action(shown: Shown) -> str:
    """Where the form goes: in the language in which it, and its consent, was read."""
    path = shown.widget.get_absolute_url()
    return path if shown.widget.language else f"{path}?{language.PARAMETER}={shown.language}"
