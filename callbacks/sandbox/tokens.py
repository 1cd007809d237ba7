"""Access tokens: issued, known, expired, forgotten."""

import secrets
import threading
import time


class Tokens:
    """The tokens issued so far. It is thread-safe."""

    def __init__(self, lifetime: int, issued: int = 0) -> None:
        """`lifetime`: how many seconds a token is valid. `issued`: how many were issued before."""
        self.lifetime = lifetime
        self._lock = threading.Lock()
        self._issued = issued
        self._known: dict[str, tuple[int, float]] = {}
        self._numbers: dict[str, int] = {}

    def issue(self) -> str:
        """Return a new token that cannot be guessed, with the shape and length of a JWT."""
        token = ".".join(secrets.token_urlsafe(size) for size in (48, 540, 192))
        now = time.monotonic()
        with self._lock:
            self._known = {known: it for known, it in self._known.items() if it[1] > now}
            self._issued += 1
            self._known[token] = (self._issued, now + self.lifetime)
            self._numbers[token] = self._issued
        return token

    def index(self, token: str) -> int | None:
        """Return the number of a token (the first is 1), or None if it is unknown or expired."""
        with self._lock:
            index, until = self._known.get(token, (None, 0.0))
        return index if time.monotonic() < until else None

    def number(self, token: str) -> int | None:
        """Return the number of a token even if it has expired or was forgotten.

        Return None if it was never issued here.
        """
        with self._lock:
            return self._numbers.get(token)

    def forget_all(self) -> None:
        """Make every token issued so far unknown."""
        with self._lock:
            self._known = {}
