"""Turn a refusal by `intake` into a problem document, with the sentence for the visitor."""

import math
from collections.abc import Mapping

from callbacks.api import problems
from callbacks.api.problems import Problem
from callbacks.intake import errors
from callbacks.intake.rescheduling import MOST_MOVES, MovedTooOften


def problem(refused: errors.Refused, names: Mapping[str, str] | None = None) -> Problem:
    """Return the problem, with its sentences in the active language.

    `names` are the fields of the body whose names are not those of the form.
    """
    match refused:
        case errors.Invalid():
            return Problem(problems.INVALID, errors=_fields(refused, names or {}))
        case errors.TooMany():
            seconds = max(1, math.ceil(refused.retry_after.total_seconds()))
            return Problem(
                problems.LIMIT_REACHED,
                str(refused.sentence),
                code=refused.kind.value,
                headers={"Retry-After": str(seconds)},
            )
        case errors.Rejected():
            return Problem(problems.REFUSED, str(refused.sentence), code=refused.kind.value)
        case errors.Closed():
            return Problem(problems.CLOSED, str(refused.sentence))
        case errors.AlreadyUsed():
            return Problem(problems.IDEMPOTENCY_KEY_REUSED)
        case MovedTooOften():
            return Problem(problems.MOVED_TOO_OFTEN, f"A call may be moved {MOST_MOVES} times.")
    raise NotImplementedError(type(refused))


def _fields(refused: errors.Invalid, names: Mapping[str, str]) -> list[problems.Field]:
    return [
        problems.Field(f"body.{names.get(name, name)}", str(sentence), refused.codes.get(name, ""))
        for name, sentence in refused.errors.items()
    ]
