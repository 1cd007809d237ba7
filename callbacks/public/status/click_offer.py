"""Sign and read the offer to be called again by one click, which the button of that name carries.

It says for which page, for which number, with which consent text, and after which restore of a
backup the button was shown. So a click means what the visitor has read, and nobody can make it up.
"""

from typing import Any

from django.core import signing

from callbacks.consent import texts as consent_texts
from callbacks.intake import call_again
from callbacks.models import CallRequest
from callbacks.public.http import language
from callbacks.widgets import cache as widget_cache

FIELD = "offer"

_SALT = "callbacks.public.status.click_offer"


class Changed(Exception):
    """The offer is forged, or not for this page as it is now."""


def context(call_request: CallRequest) -> dict[str, Any]:
    """Return the context of the button, in the active language; empty if it can never come."""
    if not call_again.may_come(call_request):
        return {}
    known = widget_cache.find(call_request.widget.public_id)
    if known is None:
        return {}
    texts = known.texts_in(language.of_request(call_request))
    opens = [*_opens(call_request, texts.full_consent), known.restore_mark]
    return {"texts": texts, "offer": signing.dumps(opens, salt=_SALT)}


def opened(text: str, call_request: CallRequest, consent_text: str) -> str:
    """Return the mark of the last restore of a backup when the button was shown.

    Raises:
        Changed: the offer is forged, or for another page, number or consent text.
    """
    try:
        *opens, restore_mark = signing.loads(text, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise Changed from None
    if opens != _opens(call_request, consent_text):
        raise Changed
    return str(restore_mark)


def _opens(call_request: CallRequest, consent_text: str) -> list[str]:
    """Return what an offer is valid for."""
    digest = consent_texts.text_digest(consent_text)
    return [call_request.token, call_request.number_hash, digest]
