"""The environment of `make demo`. What the caller has set is kept; the rest comes from a folder.

This module runs before Django's settings are read, because they need its result. So it does not
import Django.
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

SANDBOX_CLIENT = "sandbox-demo"
CREDENTIALS = ("UHLIVE_CLIENT_ID", "UHLIVE_CLIENT_SECRET")
ADDRESSES = ("UHLIVE_TOKEN_URL", "UHLIVE_CALL_URL")


class Unusable(Exception):
    """The caller's environment contradicts itself. The text is one sentence for the caller."""


def environment(given: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return `given` together with everything else that the demo needs.

    `SANDBOX_PORT` is in the result only if the sandbox must be started, which is when no
    credentials are given. `folder` is created if needed, and the secrets in it are made once.

    Raises:
        Unusable: the caller's environment contradicts itself.
    """
    given = {name: value for name, value in given.items() if value or name not in _OURS}
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    port = _port(given, "PORT", 8000)
    public_url = given.get("PUBLIC_URL", f"http://localhost:{port}")
    hosts = dict.fromkeys([_host(public_url), "localhost", ".localhost", "127.0.0.1", "[::1]"])
    ours = {
        "DEMO": "true",
        "DEMO_DIR": str(folder),
        "PORT": str(port),
        "PUBLIC_URL": public_url,
        "ALLOWED_HOSTS": ",".join(filter(None, hosts)),
        "SECRET_KEY": given.get("SECRET_KEY") or _secret(folder / "secret_key"),
        "DATABASE_URL": f"sqlite:///{quote(str(folder / 'db.sqlite3'))}",
        "QUEUE_URL": f"sqlite:///{folder / 'queue.sqlite3'}",
    }
    service = _call_service(given, port, folder)
    kept = {name: value for name, value in given.items() if name != "SANDBOX_PORT"}
    used = {port, int(service.get("SANDBOX_PORT", 0))}
    shop_port = _port(given, "SHOP_PORT", 8020)
    if shop_port in used:
        raise Unusable(f"SHOP_PORT is {shop_port}, like PORT or SANDBOX_PORT. Change one of them.")
    return ours | kept | service | {"SHOP_PORT": str(shop_port), "DEMO": "true"}


_OURS = {
    *CREDENTIALS,
    *ADDRESSES,
    *(
        "PORT",
        "SANDBOX_PORT",
        "SHOP_PORT",
        "PUBLIC_URL",
        "ALLOWED_HOSTS",
        "DATABASE_URL",
        "QUEUE_URL",
    ),
}


def _call_service(given: Mapping[str, str], port: int, folder: Path) -> dict[str, str]:
    """Return the settings of the sandbox, or nothing if the caller gives real credentials."""
    there = [name for name in CREDENTIALS if name in given]
    if len(there) == len(CREDENTIALS):
        return {}
    if there:
        (missing,) = set(CREDENTIALS) - set(there)
        raise Unusable(
            f"{there[0]} is set, but {missing} is not. Set both to use the real call service, or "
            "neither to use the sandbox."
        )
    if addresses := [name for name in ADDRESSES if name in given]:
        raise Unusable(
            f"{' and '.join(addresses)} set without {' and '.join(CREDENTIALS)}. Set these too to "
            "use the real call service, or none of them to use the sandbox."
        )
    sandbox_port = _port(given, "SANDBOX_PORT", 8010)
    if sandbox_port == port:
        raise Unusable(f"PORT and SANDBOX_PORT are both {port}. Change one of them.")
    sandbox = f"http://127.0.0.1:{sandbox_port}/sandbox"
    return {
        "SANDBOX_PORT": str(sandbox_port),
        "UHLIVE_TOKEN_URL": f"{sandbox}/token",
        "UHLIVE_CALL_URL": f"{sandbox}/api/startcall",
        "UHLIVE_CLIENT_ID": SANDBOX_CLIENT,
        "UHLIVE_CLIENT_SECRET": _secret(folder / "sandbox_secret"),
    }


def _port(given: Mapping[str, str], name: str, default: int) -> int:
    """Return the port in the variable `name`, or the default; raise `Unusable` if it is none."""
    text = given.get(name, str(default))
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise Unusable(f"{name} must be a whole number from 1 to 65535, not {text!r}.")
    return int(text)


def _host(url: str) -> str:
    """Return the host name in `url`, or "" if there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""  # the settings will report the error


def _secret(path: Path) -> str:
    """Return the secret in this file. Create it, readable by its owner only, if it is missing."""
    if not path.exists():
        half = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        half.replace(path)  # atomically: another process never reads half a secret
    return path.read_text().strip()
