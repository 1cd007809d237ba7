"""Start a call: send the request, also where it is redirected to, and interpret the answer."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit, urlunsplit

from callbacks.call_api.codes import AttemptCode
from callbacks.call_api.config import Config
from callbacks.call_api.connection import Exchange
from callbacks.call_api.diagnosis.origin import Origin
from callbacks.call_api.errors import (
    CallApiError,
    HeldBack,
    NotSent,
    OutcomeUnknown,
    Refused,
    TryLater,
)
from callbacks.call_api.redaction import excerpt
from callbacks.call_api.retry_after import retry_after
from callbacks.call_api.transport import Answer, NoAnswer, post

MAX_REDIRECTS = 3
# Redirects that keep the method and the body, and mean that nothing was carried out.
KEEPING_REDIRECTS = (307, 308)


@dataclass(frozen=True)
class Accepted:
    """The service accepted the call: the phone rings within seconds."""

    http_status: int
    excerpt: str
    # The status of the answer to each send of the attempt. The last one is this acceptance.
    answers: tuple[int | None, ...] = ()
    # The body is an HTML page, such as a proxy's maintenance page: it does not promise a call.
    is_web_page: bool = False


@dataclass
class Sends:
    """The sends of one attempt: each time that bytes of a startcall went out.

    `left`: how many more are allowed. `may_send`: asked before each send (see `transport.post`).
    `exchange`: used for the first send, if it is not None.
    `answers`: the status of the answer to each send, or None for no answer.
    """

    left: int
    may_send: Callable[[], str]
    exchange: Exchange | None = None
    answers: list[int | None] = field(default_factory=list)

    def count(self, status: int | None) -> None:
        """Count one more send, with the status of its answer."""
        self.left -= 1
        self.answers.append(status)


@dataclass(frozen=True)
class Call:
    """Who is called, by which scenario. `destination` is E.164; `email` is sent unchanged."""

    originate: str
    destination: str = field(repr=False)
    email: str = field(repr=False)

    def body(self) -> bytes:
        """Return the body of the request, as UTF-8 JSON.

        Raises:
            Refused: a text cannot be written in UTF-8. Nothing was sent.
        """
        fields = {
            "originate": self.originate,
            "destination": self.destination,
            "email": self.email,
        }
        text = json.dumps(fields, ensure_ascii=False)
        if not _is_unicode(text):
            error = Refused("half a surrogate pair can't be sent", code=AttemptCode.UNSENDABLE)
            error.sent = False
            raise error
        return text.encode("utf-8")


def place(config: Config, call: Call, token: str, deadline: float, sends: Sends) -> Answer:
    """Send `call`, follow the redirects that may be followed, and return the last answer.

    Raises:
        NotSent: there is no answer, and nothing was sent.
        OutcomeUnknown: there is no answer, and the request may have arrived.
        Refused: no send is left.
    """
    url = config.call_url
    answer = _send(url, config, call, token, deadline, sends)
    for _ in range(MAX_REDIRECTS):
        target = _redirect(url, answer)
        if target is None:
            break
        if sends.left <= 0:
            raise used_up(answer.status, words(answer, config, call, token))
        url = target
        answer = _send(url, config, call, token, deadline, sends)
    return answer


def meaning(answer: Answer, config: Config, call: Call, token: str) -> Accepted:
    """Return `Accepted` for a 2xx status, whatever the body; raise what any other answer means.

    Raises:
        TryLater: no call was started, and the service may be asked again.
        Refused: the service will never place this call.
        OutcomeUnknown: a call may have been started.
    """
    said = words(answer, config, call, token)
    if 200 <= answer.status < 300:
        return Accepted(answer.status, said, is_web_page=_is_web_page(answer.body))
    raise _error(answer.status, retry_after(answer.headers), said, config.nothing_placed)


def used_up(status: int | None = None, said: str = "") -> Refused:
    """Return the error that says that the request may not be sent once more."""
    return Refused(
        "startcall may not be sent once more",
        code=AttemptCode.SENDS_USED_UP,
        http_status=status,
        excerpt=said,
    )


def _send(
    url: str, config: Config, call: Call, token: str, deadline: float, sends: Sends
) -> Answer:
    """Send the request once and return its answer. Raise as `place` does."""
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Authorization": f"Bearer {token}",
    }
    if sends.left <= 0:
        raise used_up()
    exchange, sends.exchange = sends.exchange, None
    answer = post(
        url,
        headers=headers,
        body=call.body(),
        config=config,
        deadline=deadline,
        may_send=sends.may_send,
        exchange=exchange,
    )
    if isinstance(answer, Answer) or answer.sent:
        sends.count(answer.status if isinstance(answer, Answer) else None)
    if isinstance(answer, NoAnswer):
        kind: type[CallApiError] = OutcomeUnknown
        if not answer.sent:
            kind = HeldBack if answer.held_back else NotSent
        done = "was sent and not answered" if answer.sent else "was not sent"
        raise kind(f"startcall {done}: {answer.code} ({answer.reason})", code=answer.code)
    return answer


def _is_web_page(body: bytes) -> bool:
    """Return whether the body begins like an HTML page."""
    return (
        body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html"))
    )


def _error(
    status: int, seconds: float | None, said: str, nothing_placed: frozenset[int]
) -> CallApiError:
    """Return the error for an answer that is no 2xx."""
    message = f"startcall was answered with status {status}"
    if status == 429:
        return TryLater(
            message,
            code=AttemptCode.THROTTLED,
            retry_after=seconds,
            http_status=status,
            excerpt=said,
        )
    if status in nothing_placed:
        return TryLater(message, retry_after=seconds, http_status=status, excerpt=said)
    if status in KEEPING_REDIRECTS:
        return Refused(message, code=AttemptCode.REDIRECT_REFUSED, http_status=status, excerpt=said)
    if 400 <= status < 500 and status not in (408, 425):
        return Refused(message, http_status=status, excerpt=said)
    # OutcomeUnknown for the rest. A 301, 302 or 303 may follow a startcall that was carried out. A
    # 5xx, 408 or 425 may come from a proxy that passed the request on and then stopped waiting,
    # with or without Retry-After.
    return OutcomeUnknown(message, http_status=status, excerpt=said)


def words(answer: Answer, config: Config, call: Call, token: str) -> str:
    """Return the service's own words, without secrets and personal data."""
    secrets = [config.client_secret, token, call.email]
    return excerpt(answer.body, secrets=secrets, number=call.destination)


def _redirect(url: str, answer: Answer) -> str | None:
    """Return the address that `answer` redirects to, if it may be followed; otherwise None.

    It may be followed if it has the scheme, host and port of `url`.
    """
    location = answer.headers.get("Location", "")
    if answer.status not in KEEPING_REDIRECTS or not location:
        return None
    base = urlsplit(url)
    try:
        joined = urljoin(url, location)
        target = urlsplit(joined)
        if Origin.of(joined) != Origin.of(url) or "@" in target.netloc:
            return None
    except ValueError:
        return None
    # Built from our own scheme and host: parsers may disagree about what the service wrote, and the
    # bearer token must not go elsewhere.
    return urlunsplit((base.scheme, base.netloc, target.path, target.query, ""))


def _is_unicode(text: str) -> bool:
    """Return whether UTF-8 can hold `text`: it has no half of a surrogate pair."""
    return not any("\ud800" <= char <= "\udfff" for char in text)
