"""An origin: scheme, host and port. It decides whether two addresses are the same place."""

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Origin:
    """Origins can be compared: scheme and host are in lower case, and the port is always set."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> "Origin":
        """Return the origin of `url`.

        Raises:
            ValueError: `url` cannot be split, for example because its port is invalid.
        """
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return cls(parts.scheme, parts.hostname or "", port)
