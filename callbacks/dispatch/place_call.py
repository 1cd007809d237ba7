"""Place the call of one request, from "there is work" to a recorded answer.

The steps are: ask (`claim.ask`, `circuit_breaker`), get a token, claim (`claim.claim_next`), send
(`call_api.start_call`), record (`record`). With a token at hand, one transaction asks and claims
(`claim.claim_at_once`). While PostgreSQL commits a claim, the connection to the service is opened.
"""

import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from enum import StrEnum
from functools import partial

import structlog
from django.db import Error, close_old_connections

from callbacks import call_api
from callbacks.call_api import connected_service
from callbacks.core import availability, boot_clock, clock, process_identity, tracing
from callbacks.dispatch import backoff, circuit_breaker, database_slots, last_look, record
from callbacks.dispatch.claim import ask, claim_at_once, claim_next
from callbacks.dispatch.claimed import Blocked, Claim
from callbacks.models import AlertKind
from callbacks.notifications import alerts
from callbacks.scheduling import fair_queue
from callbacks.scheduling.due import due

log = structlog.get_logger(__name__)

# How long a received answer waits for a database that is away; after that, housekeeping ends the
# attempt. The thread has nothing else to do meanwhile. A process that is told to end does not wait
# this long.
RECORD_PATIENCE_SECONDS = 3600.0


class PlaceResult(StrEnum):
    """What one run of `place_next` did."""

    # A request was claimed. More may be due.
    WORKED = "worked"
    # Nothing is due, or nothing may be sent now.
    IDLE = "idle"


def place_next(api: call_api.CallApi | None = None) -> PlaceResult:
    """Claim the next due request, place its call and record the answer.

    `api` is the client of the call service; by default, the one of this process.

    If the database is away before anything was sent, its error is raised. Once something was sent,
    this waits for the database, up to `RECORD_PATIENCE_SECONDS`. After that, the error is raised,
    and housekeeping ends the attempt.
    """
    api = api or call_api.default_client()
    with closing(api.exchange()) as exchange:
        return _place_next(api, exchange)


def _place_next(api: call_api.CallApi, exchange: call_api.Exchange) -> PlaceResult:
    """Do as `place_next`. Send on `exchange`, which `begin_attempt.begin` opens on PostgreSQL."""
    begun, began = boot_clock.now(), tracing.now()
    with database_slots.slot() as give_back:
        if api.has_token():
            connect = partial(_connect, exchange, give_back)
            work, claim = claim_at_once(api.config.attempt_seconds, connect)
        else:
            work, claim = ask(), None
        if work.may_join:
            fair_queue.join()
    if not work.is_due and not work.may_join:
        return PlaceResult.IDLE
    if work.failures is not None:
        decision = circuit_breaker.Decision(circuit_breaker.Permission.GO, work.failures)
    else:
        decision = circuit_breaker.request_permission(clock.now(), _probe_time(api.config))
    if decision.permission is circuit_breaker.Permission.WAIT:
        return PlaceResult.IDLE
    if claim is None:
        if not _get_token(api, decision):
            return PlaceResult.IDLE
        began = tracing.now()
        with database_slots.slot() as give_back:
            connect = partial(_connect, exchange, give_back)
            claim = claim_next(decision, api.config.attempt_seconds, connect)
    if claim is None:
        circuit_breaker.release_probe(decision)
        return PlaceResult.IDLE
    if isinstance(claim, Blocked):
        circuit_breaker.release_probe(decision)
        return PlaceResult.WORKED
    tracing.step("claim", claim.call_request.public_id, began, attempt=claim.attempt)
    _place(claim, decision, api, begun, exchange)
    return PlaceResult.WORKED


def _connect(exchange: call_api.Exchange, give_back: Callable[[], object], deadline: float) -> None:
    """Open the exchange's connection; meanwhile, let another thread use the database."""
    give_back()
    exchange.open_early(deadline)


def _get_token(api: call_api.CallApi, decision: circuit_breaker.Decision) -> bool:
    """Make sure that a token is at hand. If there is none, record that and return False."""
    try:
        if decision.permission is circuit_breaker.Permission.PROBE:
            api.fetch_new_token()
        else:
            api.ensure_token()
    except call_api.NotSent as error:
        circuit_breaker.record_failure(
            decision, _circuit_reason(error), process_identity.thread_name()
        )
        candidate = due(clock.now()).first()
        if candidate is not None:
            record.no_token(
                candidate, error, process_identity.thread_name(), connected_service.connected().host
            )
        return False
    return True


def _place(
    claim: Claim,
    decision: circuit_breaker.Decision,
    api: call_api.CallApi,
    begun: float,
    exchange: call_api.Exchange,
) -> None:
    """Place the claim's call and record the answer.

    `begun` is the boot clock, in seconds, from before a token was fetched. The startcall is first
    sent on `exchange`.
    """
    began = tracing.now()
    try:
        answer = api.start_call(
            originate=claim.originate,
            destination=str(claim.call_request.number),
            email=claim.call_request.bot_email or claim.call_request.email,
            begun=begun,
            deadline=claim.begun + api.config.attempt_seconds,
            sends_left=claim.sends_left,
            may_send=last_look.at(claim, exchange.seconds_waited),
            exchange=exchange,
        )
    except call_api.CallApiError as error:
        failure = error
        answered = tracing.now()
        _persist(lambda: record.not_accepted(claim, failure))
        _persist(lambda: _tell_circuit_breaker(decision, failure))
        log.info(
            "attempt_not_accepted",
            call_request=claim.call_request.public_id,
            attempt=claim.attempt,
            code=failure.code,
            http_status=failure.http_status,
            sends=len(failure.answers),
        )
        _trace(claim, began, answered, code=failure.code, http_status=failure.http_status)
        return
    answered = tracing.now()
    _persist(lambda: record.accepted(claim, answer))
    _persist(lambda: circuit_breaker.record_success(decision))
    if answer.is_web_page:
        _persist(lambda: alerts.raise_once(AlertKind.WEB_PAGE))
    log.info("call_placed", call_request=claim.call_request.public_id, attempt=claim.attempt)
    _trace(claim, began, answered)


def _trace(claim: Claim, began: int, answered: int, **facts: str | int | None) -> None:
    """Tell how long the call and its record took; only now, when all is recorded."""
    request, attempt = claim.call_request.public_id, claim.attempt
    tracing.step("call", request, began, answered, attempt=attempt, **facts)
    tracing.step("record", request, answered, attempt=attempt)


def _tell_circuit_breaker(decision: circuit_breaker.Decision, error: call_api.CallApiError) -> None:
    """Report a failed attempt to the circuit breaker."""
    if isinstance(error, call_api.HeldBack):
        circuit_breaker.release_probe(decision)
    elif isinstance(error, call_api.CredentialsRefused | call_api.TokenUnavailable):
        circuit_breaker.record_failure(
            decision, _circuit_reason(error), process_identity.thread_name()
        )
    elif isinstance(error, call_api.TryLater):
        circuit_breaker.record_failure(decision, AlertKind.OUTAGE, process_identity.thread_name())
        circuit_breaker.pause_for(max(error.retry_after or 0, backoff.FIRST))
    elif isinstance(error, call_api.Refused):
        circuit_breaker.record_success(decision)
    else:
        circuit_breaker.record_failure(decision, AlertKind.OUTAGE, process_identity.thread_name())


def _probe_time(config: call_api.Config) -> timedelta:
    """Return how long a probe may take: a new token, one attempt, and five seconds more."""
    return timedelta(seconds=2 * config.token_seconds + config.attempt_seconds + 5)


def _circuit_reason(error: call_api.NotSent) -> AlertKind:
    """Return why the circuit opens when no token could be fetched."""
    if isinstance(error, call_api.CredentialsRefused):
        return AlertKind.CREDENTIALS
    return AlertKind.NO_TOKEN


def _persist(write: Callable[[], object]) -> None:
    """Run `write`, and repeat it while the database is away.

    It records something that has already happened, so it must not be lost. Each write is
    compare-and-set, so it may be repeated.
    """
    end = time.monotonic() + RECORD_PATIENCE_SECONDS
    wait = 0.1
    while True:
        try:
            with database_slots.slot():
                write()
        except Error as error:
            if not availability.is_database_away(error) or time.monotonic() + wait > end:
                raise
            availability.database.failed(error)
            time.sleep(wait)
            wait = min(wait * 2, 2.0)
            close_old_connections()
        else:
            availability.database.recovered()
            return
