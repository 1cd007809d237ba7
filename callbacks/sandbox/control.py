"""Show calls and switch faults, for tests and for the page."""

import ipaddress
from urllib.parse import parse_qsl, urlsplit

from callbacks.sandbox.fault_rules import BadRules, read_rules
from callbacks.sandbox.messages import Answer, Request, json_answer, refusal
from callbacks.sandbox.state import Sandbox

_LONGEST_WAIT = 60.0


def calls(sandbox: Sandbox, request: Request) -> Answer:
    """Return the accepted calls, oldest first, with the counts.

    The query is optional. `limit`: only that many of the newest calls. `at_least` and `wait`: wait
    until there are `at_least` calls, at most `wait` seconds (60 at most).
    """
    if foreign := from_elsewhere(request):
        return foreign
    try:
        query = {name: float(value) for name, value in parse_qsl(request.query)}
        if not query.keys() <= {"limit", "at_least", "wait"} or any(
            not 0 <= value < 1e9 for value in query.values()
        ):
            raise ValueError
    except ValueError:
        return refusal(400, "query_string", "limit, at_least and wait take numbers from 0 on")
    if "at_least" in query:
        wanted, seconds = query["at_least"], min(query.get("wait", 0.0), _LONGEST_WAIT)
        sandbox.changes.wait_until(lambda: len(sandbox.calls) >= wanted, seconds)
    return json_answer(
        200,
        {
            "calls": sandbox.calls.latest(int(query.get("limit", 1e9))),
            "totals": sandbox.calls.totals(),
            "token_request_times": sandbox.calls.token_request_times(),
        },
    )


def sends(sandbox: Sandbox, request: Request) -> Answer:
    """Return every startcall request, oldest first, even if it rang nobody or is in progress."""
    if foreign := from_elsewhere(request):
        return foreign
    if request.query:
        return refusal(400, "query_string", "No query string is allowed here")
    return json_answer(200, {"sends": sandbox.calls.sends()})


def clear_calls(sandbox: Sandbox, request: Request) -> Answer:
    """Forget the calls, the startcall requests and the counts."""
    if foreign := from_elsewhere(request):
        return foreign
    sandbox.calls.clear()
    return json_answer(200, {"status": "cleared"})


def faults(sandbox: Sandbox, request: Request) -> Answer:
    """Return the fault rules in force, as they can be put again, and how often each struck."""
    return from_elsewhere(request) or json_answer(200, sandbox.faults.as_json())


def put_faults(sandbox: Sandbox, request: Request) -> Answer:
    """Replace the fault rules in force."""
    if foreign := from_elsewhere(request):
        return foreign
    if request.body is None:
        return refusal(413, "too_large", "The body is longer than 16 KiB")
    try:
        rules, seed = read_rules(request.body)
    except BadRules as problem:
        return refusal(400, "bad_rules", str(problem))
    sandbox.faults.replace(rules, seed)
    return json_answer(200, sandbox.faults.as_json())


def clear_faults(sandbox: Sandbox, request: Request) -> Answer:
    """Switch all faults off."""
    if foreign := from_elsewhere(request):
        return foreign
    sandbox.faults.replace([])
    return json_answer(200, sandbox.faults.as_json())


def from_elsewhere(request: Request) -> Answer | None:
    """Return a refusal if a browser asks on behalf of another site, otherwise None.

    The Host header is checked too. Another site may make its own name point here (DNS rebinding),
    and a browser then takes it for the same site.
    """
    if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        return refusal(403, "cross_site", "Only the sandbox's own page may ask this")
    if not _is_loopback(request.header("Host") or ""):
        return refusal(403, "host", "Only a loopback Host may be asked this")
    return None


def _is_loopback(host: str) -> bool:
    """Return whether a Host header names this machine."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        # Browsers resolve localhost, and every name below it, to loopback without asking DNS.
        if name == "localhost" or name.endswith(".localhost"):
            return True
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
