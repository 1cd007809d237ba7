"""Answer a request while faults are switched on."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate
from http import HTTPStatus

from callbacks.sandbox.faults import AFTER, RINGS_THEN, At, Rule
from callbacks.sandbox.messages import Answer, json_answer
from callbacks.sandbox.state import Sandbox

_HTML = "text/html; charset=utf-8"
_KEYCLOAK_ERRORS = {400: "invalid_request", 401: "invalid_client", 403: "unauthorized_client"}


def respond[Accepted](
    at: At,
    sandbox: Sandbox,
    judge: Callable[[], Accepted | Answer],
    accept: Callable[[Accepted], Answer],
    wait_until_gone: Callable[[float], None],
    note: Callable[[str], None] = lambda _fault: None,
) -> Answer:
    """Return the answer to one request, as the fault rules for its endpoint demand.

    `judge` reads the request and changes nothing; it returns an `Answer` to refuse it.
    `accept` carries the request out; it is called once at most.
    `wait_until_gone` waits until the caller has hung up, at most the given number of seconds.
    `note` is called with each fault that struck.
    """
    for rule in sandbox.faults.drawn(at, lambda: not isinstance(judge(), Answer)):
        note(rule.fault)
        if rule.fault == "latency":
            time.sleep(rule.seconds)
        elif rule.fault == "expire_tokens":
            sandbox.tokens.forget_all()
        elif rule.fault not in AFTER:
            return _instead(rule)
        else:
            verdict = judge()
            if isinstance(verdict, Answer):
                return verdict
            if rule.fault == "late_ring":
                wait_until_gone(rule.seconds)
            return _spoilt(rule, accept(verdict))
    verdict = judge()
    return verdict if isinstance(verdict, Answer) else accept(verdict)


def _instead(rule: Rule) -> Answer:
    """Return what is answered without checking the request."""
    if rule.fault == "timeout_before":
        return Answer(0, b"", delivery="hold", seconds=rule.seconds)
    if rule.fault == "reset_before":
        return Answer(0, b"", delivery="reset")
    if rule.fault == "html_502":
        return Answer(502, _page("502 Bad Gateway"), _HTML)
    if rule.fault == "maintenance":
        return Answer(200, _page("Back soon: we are working on it"), _HTML)
    return _status(rule, int(rule.fault))


def _spoilt(rule: Rule, answer: Answer) -> Answer:
    """Return what becomes of the answer to a request that was carried out."""
    match rule.fault:
        case "timeout_after":
            return replace(answer, delivery="hold", seconds=rule.seconds)
        case "reset_after":
            return replace(answer, delivery="reset")
        case "garbage":
            return replace(answer, delivery="garbage")
        case "drip":
            return replace(answer, delivery="drip", seconds=rule.seconds)
        case "html":
            return replace(answer, body=_page("Welcome"), content_type=_HTML)
        case "late_ring":
            return answer
        case _:
            return _status(rule, RINGS_THEN[rule.fault])


def _status(rule: Rule, status: int) -> Answer:
    """Return an answer with this status, in the endpoint's own format."""
    phrase = HTTPStatus(status).phrase
    headers = {}
    if rule.retry_after == "http-date":
        headers["Retry-After"] = formatdate(time.time() + math.ceil(rule.seconds), usegmt=True)
    elif rule.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(rule.retry_after))
    if rule.location is not None:
        headers["Location"] = rule.location
    if rule.at == "token":
        error = _KEYCLOAK_ERRORS.get(status, "unknown_error")
        return json_answer(status, {"error": error, "error_description": phrase}, headers)
    return json_answer(status, {"error": "fault", "message": phrase}, headers)


def _page(title: str) -> bytes:
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>".encode()
