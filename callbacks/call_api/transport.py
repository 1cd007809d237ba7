"""Send one POST, and report what is known of it afterwards."""

import contextlib
import http.client
import socket
import ssl
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from requests.structures import CaseInsensitiveDict

from callback_site.version import VERSION
from callbacks.call_api.codes import AttemptCode
from callbacks.call_api.config import Config
from callbacks.call_api.connection import Exchange, Stage, nothing_to_ask

USER_AGENT = f"callback/{VERSION}"

# Far more than any answer of this service. The rest of a longer body is not read.
MAX_BODY_BYTES = 64 * 1024

_COMPRESSED = frozenset({"gzip", "x-gzip", "deflate"})

_CODES = {
    Stage.PREPARING: AttemptCode.CONNECT_FAILED,
    Stage.RESOLVING: AttemptCode.NAME_FAILED,
    Stage.CONNECTING: AttemptCode.CONNECT_FAILED,
    Stage.SECURING: AttemptCode.TLS_FAILED,
}


@dataclass(frozen=True)
class Answer:
    """An answer whose status line was read. `body` is what could be read of it, maybe nothing."""

    status: int
    headers: Mapping[str, str] = field(default_factory=CaseInsensitiveDict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class NoAnswer:
    """No status line was read.

    `sent`: whether the request may have arrived all the same.
    `code`: an `AttemptCode`, or what `may_send` returned.
    `reason`: a few words from the operating system, without any part of the request.
    `held_back`: whether `may_send` said no.
    """

    sent: bool
    code: str
    reason: str = ""
    held_back: bool = False


def post(
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes,
    config: Config,
    deadline: float,
    may_send: Callable[[], str] = nothing_to_ask,
    exchange: Exchange | None = None,
) -> Answer | NoAnswer:
    """Send `body` once, on a new connection. Return by `deadline`, a value of `config.clock`.

    `may_send` is called once the connection is open, right before the first byte is written. If it
    returns a code, nothing is sent. If it raises, nothing is sent either, and its exception is
    raised here. `exchange`: one with the same `url` and `config`, whose connection may be open.

    Only a name server that hangs can make this function late, and then nothing is sent.

    It follows no redirect, keeps no cookie, and reads neither .netrc nor proxy settings.

    Other failures are returned, not raised. An exception may hold a part of the request or of the
    answer, and must not become the context of an error of ours.
    """
    exchange = exchange or Exchange(url, config)
    exchange.deadline = min(exchange.deadline, deadline)
    exchange.may_send = may_send
    left = exchange.time_left()
    try:
        if left <= 0:
            return NoAnswer(sent=False, code=AttemptCode.DEADLINE_PASSED)
        connection = exchange.open()
        # The service may answer and close the connection before it has read everything.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request("POST", connection.path, body, {"User-Agent": USER_AGENT, **headers})
            connection.send_all()
        connection.sock.settimeout(min(config.read_timeout, left))
        with contextlib.closing(connection.getresponse()) as response:
            # If the watchdog cut the connection, its end looked like the end of the headers.
            # They may be incomplete.
            known = {} if exchange.cut_off else _headers(response)
            return Answer(response.status, CaseInsensitiveDict(known), _read_body(response))
    except Exception as error:  # the exchange, not the type of the error, knows what was sent
        if exchange.failure is not None:
            raise exchange.failure from None
        return _after_failure(exchange, error)
    finally:
        exchange.close()


def _headers(response: http.client.HTTPResponse) -> dict[str, str]:
    """Return the headers of an answer. One that came twice has both values, after each other."""
    return {name: response.getheader(name, "") for name in response.headers}


def _read_body(response: http.client.HTTPResponse) -> bytes:
    """Return at most `MAX_BODY_BYTES` of the body, or nothing if it cannot be read."""
    try:
        body = response.read(MAX_BODY_BYTES)
    except Exception:  # the status line has already said everything that matters
        return b""
    if response.getheader("Content-Encoding", "").strip().lower() in _COMPRESSED:
        return _decompressed(body)
    return body


def _decompressed(body: bytes) -> bytes:
    """Decompress a body that was compressed although we did not ask for it.

    Return at most `MAX_BODY_BYTES`; return `body` unchanged if it is not compressed at all.
    """
    for window_bits in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):  # gzip or zlib; raw deflate
        with contextlib.suppress(zlib.error):
            return zlib.decompressobj(window_bits).decompress(body, MAX_BODY_BYTES)
    return body


def _after_failure(exchange: Exchange, error: Exception) -> Answer | NoAnswer:
    """Return what is known of a request that failed with `error`."""
    if exchange.status is not None:
        return Answer(exchange.status)
    if exchange.held_back:
        return NoAnswer(sent=False, code=exchange.held_back, held_back=True)
    reason = _reason(error)
    if exchange.stage is not Stage.SENDING:
        late = exchange.time_left() <= 0
        code = AttemptCode.DEADLINE_PASSED if late else _CODES[exchange.stage]
        return NoAnswer(sent=False, code=code, reason=reason)
    if exchange.cut_off or isinstance(error, TimeoutError):
        return NoAnswer(sent=True, code=AttemptCode.TIMEOUT, reason=reason)
    code = AttemptCode.ANSWER_UNKNOWN if exchange.unreadable else AttemptCode.CONNECTION_LOST
    return NoAnswer(sent=True, code=code, reason=reason)


def _reason(error: BaseException) -> str:
    """Return the innermost cause, in the operating system's words.

    No other text is used, because it may contain the request or the answer.
    """
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error.verify_message)
    if isinstance(error, ssl.SSLError):
        return str(error.reason or type(error).__name__)
    if isinstance(error, socket.gaierror) or (isinstance(error, OSError) and error.errno):
        return str(error.strerror)
    return type(error).__name__
