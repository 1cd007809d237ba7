"""Read fault rules from JSON. An unknown or wrong part is refused by name."""

import json
import re
from typing import Any

from callbacks.sandbox.faults import FAULTS, Rule
from callbacks.sandbox.messages import no_constant

_FIELDS = {"at", "fault", "times", "probability", "seconds", "retry_after", "location"}
_DEFAULT_SECONDS = {
    "latency": 1.0,
    **dict.fromkeys(("timeout_before", "timeout_after", "drip", "late_ring"), 30.0),
}
_LONGEST = 3600
_MOST_RULES = 100


class BadRules(ValueError):
    """The rules cannot be used. The text says which part is wrong and why."""


def read_rules(body: bytes) -> tuple[list[Rule], int | None]:
    """Return the rules and the seed in a body: a list of rules, or `{"seed": N, "rules": […]}`.

    Raises:
        BadRules: a part of the body is unknown or wrong.
    """
    try:
        content = json.loads(body.decode("utf-8"), parse_constant=no_constant)
    except (ValueError, RecursionError):
        raise BadRules("the body is not UTF-8 JSON") from None
    seed = None
    if isinstance(content, dict):
        if unknown := sorted(content.keys() - {"seed", "rules"}):
            raise BadRules(f"unknown field {unknown[0]!r}: seed and rules are known")
        seed, content = content.get("seed"), content.get("rules")
        if seed is not None and not _is_whole(seed):
            raise BadRules("seed must be a whole number or null")
    if not isinstance(content, list) or len(content) > _MOST_RULES:
        raise BadRules(f"rules must be a list of at most {_MOST_RULES} rules")
    return [_rule(entry) for entry in content], seed


def _rule(entry: Any) -> Rule:
    """Return the rule that a JSON object describes, or raise `BadRules`."""
    if not isinstance(entry, dict):
        raise BadRules("every rule must be an object")
    if unknown := sorted(entry.keys() - _FIELDS):
        raise BadRules(f"unknown field {unknown[0]!r} in a rule")
    at, fault = entry.get("at"), entry.get("fault")
    if at not in ("token", "startcall"):
        raise BadRules(f"unknown at {at!r}: token and startcall are known")
    if not isinstance(fault, str) or fault not in FAULTS:
        raise BadRules(f"unknown fault {fault!r}: known are {', '.join(sorted(FAULTS))}")
    if fault == "expire_tokens" and at != "startcall":
        raise BadRules("fault 'expire_tokens' strikes at startcall only")
    times, location = entry.get("times"), entry.get("location")
    if times is not None and not (_is_whole(times) and times >= 0):
        raise BadRules("times must be a whole number from 0 on, or null")
    retry_after = entry.get("retry_after")
    if retry_after not in (None, "http-date"):
        retry_after = _number(entry, "retry_after", _LONGEST, 0)
    if location is not None and not (
        isinstance(location, str) and re.fullmatch(r"[!-~]{1,2000}", location)
    ):
        raise BadRules("location must be a URL in printable ASCII, or null")
    return Rule(
        at=at,
        fault=fault,
        times=times,
        probability=_number(entry, "probability", 1, 1.0),
        seconds=_number(entry, "seconds", _LONGEST, _DEFAULT_SECONDS.get(fault, 5.0)),
        retry_after=retry_after,
        location=location,
    )


def _number(entry: dict[str, Any], name: str, most: float, default: float) -> float:
    """Return a number from 0 to `most`, or the default; raise `BadRules` for anything else."""
    value = entry.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        or_date = ", or 'http-date'" if name == "retry_after" else ""
        raise BadRules(f"{name} must be a number from 0 to {most}{or_date}")
    return value


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
