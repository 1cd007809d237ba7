"""A widget's texts in one language: its owner's, or our default texts where there are none."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callbacks.models import Widget, WidgetText

PAUSED_SENTENCE = gettext_lazy(
    "We're not taking call requests at the moment. Please try again later."
)


@dataclass(frozen=True)
class Texts:
    """All texts of a widget in one language; none is empty."""

    heading: str
    introduction: str
    button: str
    consent: str
    pause_message: str


def of(widget: Widget, language: str) -> Texts:
    """Return the widget's texts in `language`, with one query.

    Call it while `language` is active: our default texts are translated at once.
    """
    own = WidgetText.objects.filter(widget=widget, language=language).first()
    return completed(own or WidgetText())


def completed(own: WidgetText) -> Texts:
    """Return the texts in `own`, with our default texts for the empty ones.

    The default texts are in the active language.
    """
    return Texts(
        heading=own.heading or _("We'll call you back"),
        introduction=own.introduction or default_introduction(),
        button=own.button or _("Call me back"),
        consent=own.consent or default_consent(),
        pause_message=own.pause_message or str(PAUSED_SENTENCE),
    )


def paused_heading() -> str:
    """Return the heading above the pause message. The form's own heading would promise a call."""
    return _("Call requests are paused")


def default_introduction() -> str:
    """Return the text above the form, for an owner who has written none."""
    # The text says that a robot speaks. AI Act, Regulation (EU) 2024/1689, art. 50(1), from 2
    # August 2026: before people talk to an AI system, they must be told so.
    return _(
        "Leave your number and we'll call you, usually within seconds. You will talk to a voice "
        "robot."
    )


def default_consent() -> str:
    """Return the consent that the visitor ticks, for an owner who has written none.

    French and European law (GDPR, articles 4(11) and 7; consumer code, L223-1) require three
    things. The consent is to one call about one subject. The visitor knows who speaks. The consent
    is easy to withdraw.
    """
    # The text names the automated caller. Code des postes et des communications électroniques, art.
    # L34-5: consent to automated calling systems must be given for that means of calling.
    return _(
        "I agree to be called once at this number by a voice robot (an automated system), about "
        "this request only. I can withdraw my consent at any time: on the next page, or by saying "
        "so during the call."
    )
