"""The evidence of one request's consent, as it is given to an authority."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callbacks.consent import chain as consent_chain
from callbacks.consent import verification
from callbacks.contact import email_addresses, number_display
from callbacks.core import clock, crypto
from callbacks.data_protection.subject_access import UNREADABLE
from callbacks.models import CallRequest, ConsentProof

# What the check of a single request cannot show.
NOT_SHOWN = (
    gettext_lazy(
        "Whether an event of this request is missing: checking the whole chain shows that."
    ),
    gettext_lazy(
        "Whether the newest proofs were removed from the chain: only a head of the chain kept "
        "elsewhere shows that."
    ),
    gettext_lazy(
        "The widget's name, which staff may change: the widget is identified by its public ID."
    ),
)


def evidence(call_request: CallRequest, *, unmasked: bool) -> dict[str, Any]:
    """Return everything that proves the consent of a request.

    Times are in UTC, in ISO 8601. Unless `unmasked`, the number and the email are masked, and pages
    are left out, because their address could name the person. The key of the visitor's page is
    never included.
    """
    number = (
        str(call_request.number)
        if unmasked or not call_request.number
        else number_display.masked(call_request.number)
    )
    email = (
        call_request.email
        if unmasked or not call_request.email
        else email_addresses.masked(call_request.email)
    )
    if crypto.is_unreadable(number):
        number = str(UNREADABLE)
    if crypto.is_unreadable(email):
        email = str(UNREADABLE)
    proofs = call_request.consent_proofs.select_related(
        "call_request__widget", "text", "vouched_by"
    ).order_by("pk")
    last, chain = consent_chain.head()
    return {
        "request": str(call_request),
        "widget": {"name": call_request.widget.name, "id": call_request.widget.public_id},
        "number": str(number),
        "email": email,
        "is_masked": not unmasked,
        "asked_at": call_request.created_at.isoformat(),
        "erased_at": call_request.erased_at.isoformat() if call_request.erased_at else None,
        "checked_at": clock.now().isoformat(),
        "events": [_event(proof, unmasked=unmasked) for proof in proofs],
        "head_of_chain": {"place": last, "value": chain},
        "not_shown_by_this": [str(sentence) for sentence in NOT_SHOWN],
    }


def _event(proof: ConsentProof, *, unmasked: bool) -> dict[str, Any]:
    """Return the evidence of one event of the consent: given, vouched for, corrected, withdrawn."""
    result = verification.check(proof)
    text, key = proof.text, proof.vouched_by
    return {
        "event": proof.event,
        "at": proof.at and proof.at.isoformat(),
        "text": text
        and {
            "language": text.language,
            "version": text.version,
            "sha256": text.digest,
            "shown": text.text,
        },
        "vouched": key
        and {
            "api_key": key.name,
            "api_key_id": key.pk,
            "text_sha256": proof.text_sha256,
            "given_at": proof.claimed_at and proof.claimed_at.isoformat(),
        },
        # The address of a page can contain the name of a person.
        "page": proof.page_url if unmasked else "",
        "commitments": {
            name: getattr(proof, f"{name}_commitment") for name in verification.COMMITTED
        },
        "commitments_can_be_checked": bool(proof.salt),
        "is_emptied": proof.emptied_at is not None,
        "digest": proof.digest,
        "place_in_chain": proof.link,
        "chain": proof.chain,
        "verdict": result.verdict,
        "problems": [_(problem.what) for problem in result.problems],
        "verified": result.verified,
        "cannot_be_verified": [
            {
                "part": one.part,
                "why": _(one.why),
                "since": one.since.isoformat() if one.since else None,
            }
            for one in result.unverified
        ],
    }
