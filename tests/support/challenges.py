"""Read the proof of work in a form, and solve it as a browser does."""

import json
from html import unescape
from typing import Any

import altcha

from tests.support.forms import Form


def challenge_in(form: Form, page: str) -> dict[str, Any]:
    """Return the challenge of the only form on the page."""
    assert "proof" in form.fields
    found: dict[str, Any] = json.loads(unescape(page.split('data-challenge="')[1].split('"')[0]))
    return found


def solved(challenge: dict[str, Any]) -> str:
    """Return what a browser sends for the challenge."""
    ours = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(ours)
    assert solution is not None
    encoded: str = altcha.Payload(ours, solution).to_base64()
    return encoded
