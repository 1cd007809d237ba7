"""The proof of work that a form costs under pressure: ALTCHA, version 2 (PBKDF2 in the browser).

The challenge is signed, expires with the form, and names the form, so that a proof is valid for one
form only. A proof is also valid only once: each page that is shown again has a new challenge. The
database remembers used proofs for 24 hours, which is longer than a challenge is valid. The server
derives one key to create a challenge, and none to verify a proof.
"""

import hashlib
import json
import secrets
from datetime import timedelta

import altcha
from django.utils import timezone
from django.utils.crypto import salted_hmac

from callbacks.abuse import limits

ALGORITHM = "PBKDF2/SHA-256"
# The iterations for each key, and the most keys to try: 40,000 iterations on average and 80,000 at
# worst. A cheap phone does that in less than a second (`docs/abuse.md` has the estimate).
ITERATIONS = 2_000
MOST_KEYS = 40


def challenge(token: str, valid_for: timedelta) -> str:
    """Return a challenge for the form with this token, as JSON; it expires after `valid_for`."""
    made = altcha.create_challenge(
        ALGORITHM,
        ITERATIONS,
        counter=secrets.randbelow(MOST_KEYS),
        expires_at=timezone.now() + valid_for,
        data={"form": _name(token)},
        hmac_secret=_secret("challenge"),
        hmac_key_secret=_secret("key"),
    )
    return json.dumps(made.to_dict(), separators=(",", ":"))


def use(sent: str, token: str) -> bool:
    """Return whether `sent` is a valid proof for this form that was not used before; use it up."""
    nonce = _nonce_if_right(sent, token)
    digest = hashlib.sha256(nonce.encode()).hexdigest()[:40]
    return bool(nonce) and limits.is_first(f"proof:{digest}")


def is_right(sent: str, token: str) -> bool:
    """Return whether `sent` solves one of our challenges for the form with this token."""
    return bool(_nonce_if_right(sent, token))


def _nonce_if_right(sent: str, token: str) -> str:
    """Return the nonce of the challenge that `sent` solves, or "" if it solves none of ours.

    `sent` is base64 of JSON, as the browser sends it.
    """
    try:
        payload = altcha.Payload.from_base64(sent)
        result = altcha.verify_solution(
            payload, _secret("challenge"), hmac_key_secret=_secret("key")
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    parameters = payload.challenge.parameters
    is_right = result.verified and parameters.data == {"form": _name(token)}
    return str(parameters.nonce) if is_right else ""


def _name(token: str) -> str:
    """Return the name of the form in a challenge, which does not reveal the token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()[:32]


def _secret(purpose: str) -> str:
    """Return the key that signs challenges, or another one, by its purpose."""
    return salted_hmac(f"{__name__}.{purpose}", "", algorithm="sha256").hexdigest()
