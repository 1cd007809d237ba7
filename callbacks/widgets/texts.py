"""A widget's words in one language: its owner's, and ours where there are none."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from callbacks.intake.errors import PAUSED_SENTENCE
from callbacks.models import Widget, WidgetText


@dataclass(frozen=True)
class Texts:
    heading: str
    introduction: str
    button: str
    consent: str
    pause_message: str


def of(widget: Widget, language: str) -> Texts:
    """One query. To be called while `language` is active: ours are translated at once."""
    own = WidgetText.objects.filter(widget=widget, language=language).first()
    return completed(own or WidgetText())


def completed(own: WidgetText) -> Texts:
    """What stands in `own`, and ours, in the language that is active, where it says nothing."""
    return Texts(
        heading=own.heading or _("We'll call you back"),
        introduction=own.introduction or default_introduction(),
        button=own.button or _("Call me back"),
        consent=own.consent or default_consent(),
        pause_message=own.pause_message or str(PAUSED_SENTENCE),
    )


def paused_heading() -> str:
    """Return the heading over the pause message: the form's own would promise a call."""
    return _("Call requests are paused")


def default_introduction() -> str:
    """Return what stands above the form unless the owner says something else."""
    # It says that a robot speaks. AI Act, Regulation (EU) 2024/1689, art. 50(1), from 2 August
    # 2026: people must be told that they talk to an AI system, before they do.
    return _(
        "Leave your number and we'll call you, usually within seconds. You will talk to a voice "
        "robot."
    )


def default_consent() -> str:
    """Return the consent that a visitor ticks unless the owner's text stands there.

    As French and European law want it (GDPR, articles 4(11) and 7; consumer code, L223-1): for one
    call about one thing, knowing who speaks, and easy to withdraw.
    """
    # It names the automated caller. Code des postes et des communications électroniques, art.
    # L34-5: consent to automated calling systems must be given to that means of calling.
    return _(
        "I agree to be called once at this number by a voice robot (an automated system), about "
        "this request only. I can withdraw my consent at any time: on the next page, or by saying "
        "so during the call."
    )
