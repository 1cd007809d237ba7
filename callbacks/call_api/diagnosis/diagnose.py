"""Can the call service be reached, and does it accept our credentials? No call is placed."""

import time
from collections.abc import Iterator

from django.utils.translation import gettext as _

from callbacks.call_api.config import Config
from callbacks.call_api.diagnosis.finding import Finding, right, wrong
from callbacks.call_api.diagnosis.origin import Origin
from callbacks.call_api.diagnosis.reach import reach
from callbacks.call_api.retry_after import http_date
from callbacks.call_api.tokens import read_token, request_token
from callbacks.call_api.transport import Answer, NoAnswer

# In seconds. With a larger difference, certificates and tokens may seem to have expired.
MAX_CLOCK_DIFFERENCE = 60.0


def diagnose(config: Config) -> list[Finding]:
    """Return what was found about both hosts, the credentials, the clock and the token.

    The hosts are checked first (name, TLS). Each gets `connect_timeout` seconds per address; the
    token request gets `token_seconds`. It raises nothing. A check that depends on one that failed
    is left out.
    """
    token_host, call_host = Origin.of(config.token_url), Origin.of(config.call_url)
    findings = list(reach(token_host, config.connect_timeout))
    reachable = all(finding.ok for finding in findings)
    if call_host != token_host:
        findings += reach(call_host, config.connect_timeout)
    if reachable:
        findings += _let_in(config)
    return findings


def _let_in(config: Config) -> Iterator[Finding]:
    """Yield the findings about credentials, clock and token, from one token request."""
    asked = time.time()
    answer = request_token(config, config.clock() + config.token_seconds)
    halfway = (asked + time.time()) / 2
    if isinstance(answer, NoAnswer):
        sentence = _(
            "The call service's sign-in did not answer (%(code)s). Try again. If this continues, "
            "contact your uh!live account manager."
        )
        yield wrong("credentials", sentence, code=answer.code)
        return
    yield _credentials(answer)
    yield _clock(answer, halfway)
    if 200 <= answer.status < 300:
        yield _token(answer)


def _credentials(answer: Answer) -> Finding:
    """Return the finding about the client ID and secret."""
    if 200 <= answer.status < 300:
        return right("credentials", _("The client ID and secret are accepted."))
    if answer.status in (400, 401):
        sentence = _(
            "The call service refuses the client ID or secret (HTTP status %(status)s). Check "
            "that UHLIVE_CLIENT_ID and UHLIVE_CLIENT_SECRET are those given by your uh!live "
            "account manager."
        )
    elif 300 <= answer.status < 500 and answer.status != 429:
        sentence = _(
            "This address gives no access tokens (HTTP status %(status)s). Check UHLIVE_TOKEN_URL "
            "and any proxy or firewall in between."
        )
    else:
        sentence = _(
            "The call service's sign-in is unavailable (HTTP status %(status)s). Try again. If "
            "this continues, contact your uh!live account manager."
        )
    return wrong("credentials", sentence, status=answer.status)


def _clock(answer: Answer, ours: float) -> Finding:
    """Return the finding about our clock, from the date of the answer. `ours` is Unix time."""
    theirs = http_date(answer.headers.get("Date", ""))
    if theirs is None:
        return right(
            "clock", _("The service's answer has no date, so the clocks were not compared.")
        )
    seconds = round(abs(ours - theirs))
    if seconds <= MAX_CLOCK_DIFFERENCE:
        return right("clock", _("This machine's clock agrees with the service's."))
    sentence = _(
        "This machine's clock differs from the service's by %(seconds)s seconds. Set it, "
        "preferably with NTP."
    )
    return wrong("clock", sentence, seconds=seconds)


def _token(answer: Answer) -> Finding:
    """Return the finding about the access token in the answer."""
    readable = read_token(answer)
    if readable is None:
        sentence = _(
            "The answer contains no valid access token. Check UHLIVE_TOKEN_URL: it may be the "
            "address of another service."
        )
        return wrong("answer", sentence)
    sentence = _("Access token received, valid for %(seconds)s seconds.")
    return right("answer", sentence, seconds=round(readable[1]))
