"""The lines of the request itself and of its consent."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callbacks.abuse import limits
from callbacks.models import Actor, CallRequest, ConsentEvent, ConsentProof
from callbacks.models.consent import FIRST_EVENTS
from callbacks.staff.common.formatting import moment
from callbacks.staff.requests.history.event import Event

_CONSENT_TITLES: dict[ConsentEvent, Promise] = {
    ConsentEvent.CORRECTED: gettext_lazy("Number corrected, with consent for the new one"),
    ConsentEvent.WITHDRAWN: gettext_lazy("Consent withdrawn"),
}


def of_request(
    call_request: CallRequest, proofs: Sequence[ConsentProof], counted: Sequence[datetime]
) -> Iterator[Event]:
    """Yield the request itself, and each event of its consent."""
    first = next((proof for proof in proofs if proof.event in FIRST_EVENTS), None)
    vouched = first if first and first.event == ConsentEvent.VOUCHED else None
    yield Event(
        at=call_request.created_at,
        kind="asked",
        title=_("Call requested"),
        by=str(Actor.API_KEY.label if vouched else Actor.VISITOR.label),
        facts=[
            (_("Widget"), str(call_request.widget)),
            *_of_topic(call_request),
            (_("Language"), call_request.get_language_display()),
            *towards_limits(call_request.created_at, counted),
        ],
    )
    yield Event(
        at=call_request.created_at if vouched else call_request.consent_at,
        kind="asked",
        title=_("Consent vouched for by a system") if vouched else _("Consent given"),
        by=str(Actor.API_KEY.label if vouched else Actor.VISITOR.label),
        quote=call_request.consent_text,
        facts=_of_proof(first) if first else (),
    )
    for proof in proofs:
        if proof.event not in FIRST_EVENTS:
            yield Event(
                at=proof.at,
                kind="asked",
                title=str(_CONSENT_TITLES[ConsentEvent(proof.event)]),
                by=str(Actor.VISITOR.label),
                facts=_of_proof(proof),
            )


def _of_topic(call_request: CallRequest) -> list[tuple[str, str]]:
    """Return the topic that the visitor chose, and the widget that offered it if it is another."""
    facts = [(_("Topic"), call_request.topic_label)] if call_request.topic else []
    if call_request.offered_by_id not in {None, call_request.widget_id}:
        facts.append((_("Offered by"), str(call_request.offered_by)))
    return facts


def towards_limits(at: datetime, counted: Sequence[datetime]) -> list[tuple[str, str]]:
    """Return how far the number had used its limit at that moment.

    A retry by staff counts too, and may exceed what visitors are allowed.
    """
    if not counted:
        return []
    most, window = limits.NUMBER_LIMITS[-1]
    number = sum(at - window < other <= at for other in counted)
    if number > most:
        words = _("Request %(n)d in 24 hours; visitors may make %(most)d")
    else:
        words = _("Request %(n)d of %(most)d allowed in 24 hours")
    return [(_("Limits"), words % {"n": number, "most": most})]


def _of_proof(proof: ConsentProof) -> list[tuple[str, str]]:
    """Return the facts about a proof of consent."""
    facts = [(_("Proof"), proof.digest[:12])]
    if proof.vouched_by and proof.claimed_at:
        facts = [
            (_("API key"), proof.vouched_by.name),
            (_("Consent given, as the system says"), moment(proof.claimed_at)),
            *facts,
        ]
    if proof.text:
        facts.insert(0, (_("Consent text"), _("version %(n)d") % {"n": proof.text.version}))
    if proof.link is not None:
        facts.append((_("Place in the chain"), str(proof.link)))
    return facts
