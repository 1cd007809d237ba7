"""What a form is asked that only bots get wrong.

Each refusal is noted in the log that staff see, and tells the bot nothing.
"""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from callbacks.abuse import detection, ip_rate_limit, proof_of_work, rejections
from callbacks.intake.errors import BLOCKED_SENTENCE, Rejected, Sentence
from callbacks.models import RefusalKind, Widget

# A field that no person sees, named as scripts like to fill it in and no browser by itself.
TRAP = "website"
PROOF = "proof"

NO_PROOF_SENTENCE = _(
    "We're receiving many requests and need to check each one. Please send your form again. If you "
    "see this message again, try later."
)


def check_trap(request: HttpRequest, widget: Widget) -> None:
    """Raises `Rejected` when the field that nobody sees was filled in."""
    if request.POST.get(TRAP):
        _refuse(request, widget, BLOCKED_SENTENCE)


def check_proof(request: HttpRequest, widget: Widget, token: str) -> None:
    """Use up the proof of work of a form, if `widget` asks for one.

    Raises: Rejected, when the form came without, or with one that was sent before.
    """
    if detection.needs_proof(widget) and not proof_of_work.use(request.POST.get(PROOF, ""), token):
        _refuse(request, widget, NO_PROOF_SENTENCE)


def challenge(widget: Widget, token: str) -> str:
    """What the form with this token has to solve (JSON); "" while nothing is asked."""
    return proof_of_work.challenge(token) if detection.needs_proof(widget) else ""


def _refuse(request: HttpRequest, widget: Widget, sentence: Sentence) -> None:
    rejections.record(widget, RefusalKind.BOT, address=ip_rate_limit.client_address(request))
    raise Rejected(RefusalKind.BOT, sentence)
