"""Check a form for signs that a bot sent it.

Each refusal is recorded in the list of refusals that staff read. The answer tells the bot nothing
about the reason.
"""

from collections.abc import Mapping

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from callbacks.abuse import detection, ip_rate_limit, proof_of_work, refusals
from callbacks.intake import form_token
from callbacks.intake.errors import BLOCKED_SENTENCE, Rejected, Sentence
from callbacks.models import RefusalKind, Widget

# A field that people do not see. Scripts like to fill in this name; browsers do not autofill it.
TRAP = "website"
PROOF = "proof"

NO_PROOF_SENTENCE = _(
    "We're receiving many requests and need to check each one. Please send your form again. If you "
    "see this message again, try later."
)


def check_trap(request: HttpRequest, widget: Widget, sent: Mapping[str, str]) -> None:
    """Refuse a form (`sent`) in which the hidden trap field is filled in.

    Raises:
        Rejected: the field is not empty.
    """
    if sent.get(TRAP):
        _refuse(request, widget, BLOCKED_SENTENCE)


def check_proof(request: HttpRequest, widget: Widget, sent: Mapping[str, str], token: str) -> None:
    """Use up the proof of work in the form (`sent`), if `widget` asks for one now.

    Raises:
        Rejected: the proof is missing, wrong or already used.
    """
    if detection.needs_proof(widget) and not proof_of_work.use(sent.get(PROOF, ""), token):
        _refuse(request, widget, NO_PROOF_SENTENCE)


def challenge(widget: Widget, token: str) -> str:
    """Return the challenge (JSON) for the form with this token, or "" if none is asked for now."""
    if not detection.needs_proof(widget):
        return ""
    return proof_of_work.challenge(token, form_token.MAX_AGE)


def _refuse(request: HttpRequest, widget: Widget, sentence: Sentence) -> None:
    refusals.record(widget, RefusalKind.BOT, address=ip_rate_limit.client_address(request))
    raise Rejected(RefusalKind.BOT, sentence)
