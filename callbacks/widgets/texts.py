"""A widget's texts in one language: the company's, or our default texts where there are none."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callbacks.contact import french_plan
from callbacks.models import Widget, WidgetText

PAUSED_SENTENCE = gettext_lazy(
    "We're not taking call requests at the moment. Please try again later."
)


@dataclass(frozen=True)
class Texts:
    """All texts of a widget in one language.

    Only `privacy_url` may be empty, and `sales_call_notice` if it is not shown.
    """

    heading: str
    introduction: str
    button: str
    consent: str
    pause_message: str
    privacy_url: str
    sales_call_notice: str

    @property
    def full_consent(self) -> str:
        """Return all that the visitor agrees to: the consent text, and the privacy page's address.

        The versions of the consent texts, the form token and the proofs cover it as a whole.
        """
        if not self.privacy_url or self.privacy_url in self.consent:
            return self.consent
        address = _("Privacy policy: %(address)s") % {"address": self.privacy_url}
        return f"{self.consent}\n{address}"

    @property
    def consent_around_link(self) -> tuple[str, str] | None:
        """Return the consent text before and after the privacy page's address, or None."""
        if not self.privacy_url or self.privacy_url not in self.consent:
            return None
        before, _address, after = self.consent.partition(self.privacy_url)
        return before, after


def of(widget: Widget, language: str) -> Texts:
    """Return the widget's texts in `language`, with one query.

    Call it while `language` is active: our default texts are translated at once.
    """
    own = WidgetText.objects.filter(widget=widget, language=language).first()
    return completed(own or WidgetText(), widget)


def completed(own: WidgetText, widget: Widget) -> Texts:
    """Return the texts in `own`, with our default texts for the empty ones.

    The default texts are in the active language.
    """
    return Texts(
        heading=own.heading or _("We'll call you back"),
        introduction=own.introduction or default_introduction(),
        button=own.button or _("Call me back"),
        consent=own.consent or default_consent(widget.company_name),
        pause_message=own.pause_message or str(PAUSED_SENTENCE),
        privacy_url=widget.privacy_url,
        sales_call_notice=(own.sales_call_notice or default_sales_call_notice())
        if needs_sales_call_notice(widget)
        else "",
    )


def needs_sales_call_notice(widget: Widget) -> bool:
    """Return whether the widget shows the notice: it may call French numbers, and it is on."""
    may_call_french = not french_plan.REGIONS.isdisjoint(widget.allowed_regions)
    return widget.shows_sales_call_notice and may_call_french


def paused_heading() -> str:
    """Return the heading above the pause message. The form's own heading would promise a call."""
    return _("Call requests are paused")


def default_introduction() -> str:
    """Return the text above the form, for a company that has written none."""
    # The text says that a robot speaks. AI Act, Regulation (EU) 2024/1689, art. 50(1), from 2
    # August 2026: before people talk to an AI system, they must be told so.
    return _(
        "Leave your number and we'll call you, usually within seconds. You will talk to a voice "
        "robot."
    )


def introduction_while_closed() -> str:
    """Return the text above the form outside the opening hours, if the company has none.

    For its second sentence, see `default_introduction`.
    """
    return _(
        "Leave your number and choose when we should call you. You will talk to a voice robot."
    )


def default_consent(company: str = "") -> str:
    """Return the consent that the visitor ticks, for a company that has written none.

    `company` is the name of the company that calls; "" if it is not known.

    French and European law (GDPR, articles 4(11) and 7; consumer code, L223-1) require three
    things. The consent is to one call about one subject. The visitor knows who speaks. The consent
    is easy to withdraw.
    """
    # The text names the automated caller. Code des postes et des communications électroniques, art.
    # L34-5: consent to automated calling systems must be given for that means of calling.
    if company:
        return _(
            "I agree to be called once at this number by %(company)s, through a voice robot (an "
            "automated system), about this request only. I can withdraw my consent at any time: on "
            "the next page, or by saying so during the call."
        ) % {"company": company}
    return _(
        "I agree to be called once at this number by a voice robot (an automated system), about "
        "this request only. I can withdraw my consent at any time: on the next page, or by saying "
        "so during the call."
    )


def default_sales_call_notice() -> str:
    """Return the notice beside the number, for a company that has written none."""
    # Code de la consommation, art. L223-2, as in force since 11 August 2026: a professional who
    # collects a consumer's phone number tells them that any call for commercial purposes
    # presupposes their prior consent, except within the performance of a contract in force.
    return _(
        "We may call you for commercial purposes only with your prior consent, unless the call is "
        "about carrying out a contract that you already have with us."
    )
