"""Turn a refusal by `intake` into a problem document, with the sentence for the visitor."""

import math
from collections.abc import Mapping
from dataclasses import replace

from callbacks.api import problems
from callbacks.api.problems import Problem
from callbacks.intake import errors, extra_form_fields, form_token
from callbacks.intake.rescheduling import RescheduledTooOften
from callbacks.models import RefusalKind
from callbacks.public.form import bot_checks, identity
from callbacks.public.form.form_errors import (
    CONSENT_SENTENCE,
    EXPIRED_SENTENCE,
    IDENTITY_SENTENCE,
    OTHER_FORM_SENTENCE,
)
from callbacks.widgets import cache as widget_cache


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
        case RescheduledTooOften():
            return Problem(problems.MOVED_TOO_OFTEN, str(refused.sentence))
    raise NotImplementedError(type(refused))


def of_form(refused: Exception) -> Problem:
    """Return the problem of a form that a browser sent, with the sentences for the visitor.

    It tells a stranger neither which limit was reached nor whether a number is blocked.
    """
    match refused:
        case identity.Refused():
            wrong = problems.Field("body.identity_signature", str(IDENTITY_SENTENCE))
            return Problem(problems.INVALID, errors=[wrong])
        case form_token.ConsentChanged():
            return _outdated("consent_changed", CONSENT_SENTENCE)
        case form_token.OtherWidget():
            return _outdated("form_changed", OTHER_FORM_SENTENCE)
        case form_token.InvalidToken():
            return _outdated("expired", EXPIRED_SENTENCE)
        case errors.ShownBeforeRestore():
            # This process may have cached the mark of an earlier restore.
            widget_cache.forget()
            return _outdated("restored", refused.sentence)
        case errors.AlreadyUsed():
            return _outdated("already_used", refused.sentence)
        case errors.Rejected(sentence=bot_checks.NO_PROOF_SENTENCE):
            return _outdated("proof_needed", refused.sentence)
        case errors.Refused():
            told = problem(refused)
            return told if told.code == RefusalKind.PAUSED else replace(told, code="")
    raise NotImplementedError(type(refused))


def _outdated(code: str, sentence: errors.Sentence) -> Problem:
    return Problem(problems.FORM_OUTDATED, str(sentence), code=code)


def _fields(refused: errors.Invalid, names: Mapping[str, str]) -> list[problems.Field]:
    return [
        problems.Field(f"body.{_path(name, names)}", str(sentence), refused.codes.get(name, ""))
        for name, sentence in refused.errors.items()
    ]


def _path(name: str, names: Mapping[str, str]) -> str:
    """Return where in the body a field of the form stands."""
    if name.startswith(extra_form_fields.PREFIX):
        return f"fields.{name.removeprefix(extra_form_fields.PREFIX)}"
    return names.get(name, name)
