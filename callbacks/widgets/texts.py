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
        heading=own.heading or _("We call you back"),
        introduction=own.introduction
        or _("Leave us your number: your phone rings as soon as a line is free."),
        button=own.button or _("Call me back"),
        consent=own.consent or default_consent(),
        pause_message=own.pause_message or str(PAUSED_SENTENCE),
    )


def default_consent() -> str:
    """Consent as French and European law want it (GDPR, articles 4(11) and 7; consumer code,
    L223-1): for one call about one thing, knowing who speaks, and easy to withdraw."""
    return _(
        "I agree to receive one call, from an automated voice assistant, at this number and about "
        "this request only. I can withdraw my consent at any time: on the next page, or by "
        "saying so during the call."
    )
