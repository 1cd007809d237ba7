"""One POST, and what is known of it afterwards."""

import contextlib
import os
import socket
import ssl
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import requests
from requests.structures import CaseInsensitiveDict

from callbacks.call_api.config import Config
from callbacks.call_api.connection import Exchange, OneExchangeAdapter, Stage

USER_AGENT = "callback/0.1"

# Far more than any answer of this service; what lies beyond is not read.
MAX_BODY_BYTES = 64 * 1024

_COMPRESSED = frozenset({"gzip", "x-gzip", "deflate"})

_CODES = {
    Stage.PREPARING: "connect_failed",
    Stage.RESOLVING: "name_failed",
    Stage.CONNECTING: "connect_failed",
    Stage.SECURING: "tls_failed",
}


@dataclass(frozen=True)
class Answer:
    """A status line was read. The body holds what could be read of it, maybe nothing."""

    status: int
    headers: Mapping[str, str] = field(default_factory=CaseInsensitiveDict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class NoAnswer:
    """No status line was read. ``sent``: whether the request may have arrived all the same.

    ``code``: ``deadline_passed``, ``name_failed``, ``connect_failed`` or ``tls_failed`` when
    nothing was sent, or what ``may_send`` returned; else ``timeout``, ``connection_lost`` or
    ``answer_unknown``.
    ``reason``: a few words of the system's, without anything of the request. ``held_back``:
    ``may_send`` said no.
    """

    sent: bool
    code: str
    reason: str = ""
    held_back: bool = False


def nothing_to_ask() -> str:
    """Let a request be sent that needs no last question."""
    return ""


def post(
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes,
    config: Config,
    deadline: float,
    may_send: Callable[[], str] = nothing_to_ask,
) -> Answer | NoAnswer:
    """Sends ``body`` once, on a fresh connection, and is back by ``deadline`` (``config.clock``).

    ``may_send`` is asked once the connection stands, right before the first byte is written.
    Nothing is sent if it returns a code, or raises: what it raises is raised here.

    Only a name server that hangs can make it late, and then nothing is sent. It follows no
    redirect, keeps no cookie, and reads no .netrc and no proxy settings: requests' Session, which
    does, is not used. (Even told not to follow a redirect, it reads the whole body of one.)

    Whatever went wrong is a return value, so that no exception of requests or urllib3, which
    know the request, hangs on to an error of ours as its context.
    """
    exchange = Exchange(deadline, config.clock, may_send)
    left = exchange.time_left()
    if left <= 0:
        return NoAnswer(sent=False, code="deadline_passed")
    timeout = (min(config.connect_timeout, left), min(config.read_timeout, left))
    adapter = OneExchangeAdapter(exchange)
    try:
        request = requests.Request(
            "POST", url, headers={"User-Agent": USER_AGENT, **headers}, data=body
        ).prepare()
        response = adapter.send(request, stream=True, timeout=timeout, verify=trusted())
        with contextlib.closing(response):
            # The end of a connection that we cut ourselves looks like the end of the headers.
            known = CaseInsensitiveDict() if exchange.cut_off else response.headers
            return Answer(response.status_code, known, _read_body(response))
    except Exception as error:  # what was sent is known without its type
        if exchange.failure is not None:
            raise exchange.failure from None
        return _after_failure(exchange, error)
    finally:
        exchange.close()
        adapter.close()


def trusted() -> str | bool:
    """The file or folder of certificate authorities, or True for those that requests ships.

    Companies that inspect TLS, and test set-ups, have an authority of their own; these two are
    the variables that their machines already set. They are read here because everything else
    that requests takes from the environment (.netrc, proxies) is switched off.
    """
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or True


def _read_body(response: requests.Response) -> bytes:
    try:
        body: bytes = response.raw.read(MAX_BODY_BYTES, decode_content=False)
    except Exception:  # the status line has said all that counts
        return b""
    if response.headers.get("Content-Encoding", "").strip().lower() in _COMPRESSED:
        return _decompressed(body)
    return body


def _decompressed(body: bytes) -> bytes:
    """What was compressed although nobody asked for it, MAX_BODY_BYTES at most; as it came if it
    is not compressed at all."""
    for window_bits in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):  # gzip or zlib; deflate alone
        with contextlib.suppress(zlib.error):
            return zlib.decompressobj(window_bits).decompress(body, MAX_BODY_BYTES)
    return body


def _after_failure(exchange: Exchange, error: Exception) -> Answer | NoAnswer:
    if exchange.status is not None:
        return Answer(exchange.status)
    if exchange.held_back:
        return NoAnswer(sent=False, code=exchange.held_back, held_back=True)
    reason = _reason(error)
    if exchange.stage is not Stage.SENDING:
        late = exchange.time_left() <= 0
        code = "deadline_passed" if late else _CODES[exchange.stage]
        return NoAnswer(sent=False, code=code, reason=reason)
    if exchange.cut_off or isinstance(error, requests.Timeout):
        return NoAnswer(sent=True, code="timeout", reason=reason)
    code = "answer_unknown" if exchange.unreadable else "connection_lost"
    return NoAnswer(sent=True, code=code, reason=reason)


def _reason(error: BaseException) -> str:
    """The innermost cause in the system's words; a text of requests may hold the request."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error.verify_message)
    if isinstance(error, ssl.SSLError):
        return str(error.reason or type(error).__name__)
    if isinstance(error, socket.gaierror) or (isinstance(error, OSError) and error.errno):
        return str(error.strerror)
    return type(error).__name__
