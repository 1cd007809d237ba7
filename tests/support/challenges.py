"""The proof of work: what stands in a form, and what a browser makes of it."""

import json
from html import unescape
from typing import Any

import altcha

from tests.support.forms import Form


def challenge_in(form: Form, page: str) -> dict[str, Any]:
    """The challenge of the one form on the page."""
    assert "proof" in form.fields
    found: dict[str, Any] = json.loads(unescape(page.split('data-challenge="')[1].split('"')[0]))
    return found


def solved(challenge: dict[str, Any]) -> str:
    """What a browser sends for it."""
    ours = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(ours)
    assert solution is not None
    encoded: str = altcha.Payload(ours, solution).to_base64()
    return encoded
