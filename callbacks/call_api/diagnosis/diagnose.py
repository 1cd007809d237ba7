"""Is the Call API within reach, and are we let in? Places no call."""

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

# Seconds. Further apart, certificates and tokens may be taken for expired.
MAX_CLOCK_DIFFERENCE = 60.0


def diagnose(config: Config) -> list[Finding]:
    """Looks at both hosts (name, TLS), then at credentials, clock and the token's answer.

    Each host gets ``connect_timeout`` seconds per address, the token request ``token_seconds``.
    Raises nothing; what depends on a step that failed is left out.
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
    asked = time.time()
    answer = request_token(config, config.clock() + config.token_seconds)
    halfway = (asked + time.time()) / 2
    if isinstance(answer, NoAnswer):
        sentence = _(
            "The token endpoint gave no answer (%(code)s): try again, and if it stays so, tell "
            "the service's operator."
        )
        yield wrong("credentials", sentence, code=answer.code)
        return
    yield _credentials(answer)
    yield _clock(answer, halfway)
    if 200 <= answer.status < 300:
        yield _token(answer)


def _credentials(answer: Answer) -> Finding:
    if 200 <= answer.status < 300:
        return right("credentials", _("The client id and secret are accepted."))
    if answer.status in (400, 401):
        sentence = _(
            "The token endpoint refuses the client id or secret (status %(status)s): compare "
            "UHLIVE_CLIENT_ID and UHLIVE_CLIENT_SECRET with what the account manager gave."
        )
    elif 300 <= answer.status < 500 and answer.status != 429:
        sentence = _(
            "This address gives no tokens (status %(status)s): check UHLIVE_TOKEN_URL, and what "
            "stands between."
        )
    else:
        sentence = _(
            "The token endpoint gives no token now (status %(status)s): try again, and if it "
            "stays so, tell the service's operator."
        )
    return wrong("credentials", sentence, status=answer.status)


def _clock(answer: Answer, ours: float) -> Finding:
    theirs = http_date(answer.headers.get("Date", ""))
    if theirs is None:
        return right("clock", _("The service does not tell its time; no clock was compared."))
    seconds = round(abs(ours - theirs))
    if seconds <= MAX_CLOCK_DIFFERENCE:
        return right("clock", _("This machine's clock agrees with the service's."))
    sentence = _(
        "This machine's clock is %(seconds)s seconds away from the service's: set it, best by NTP."
    )
    return wrong("clock", sentence, seconds=seconds)


def _token(answer: Answer) -> Finding:
    readable = read_token(answer)
    if readable is None:
        sentence = _(
            "The token endpoint's answer holds no usable token: check UHLIVE_TOKEN_URL, it may "
            "be the address of something else."
        )
        return wrong("answer", sentence)
    sentence = _("A token was given; it holds for %(seconds)s seconds.")
    return right("answer", sentence, seconds=round(readable[1]))
