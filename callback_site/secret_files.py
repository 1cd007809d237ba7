"""Read secrets from files, as container platforms and systemd pass them.

A container platform names the file: `SECRET_KEY_FILE=/run/secrets/key`. systemd puts the file
`callback_SECRET_KEY` into the folder of the unit's credentials (`LoadCredential=`).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

# Each may also be the path of a file that contains it: `SECRET_KEY_FILE` for `SECRET_KEY`.
SECRETS = (
    "SECRET_KEY",
    "HASH_KEY",
    "ENCRYPTION_KEYS",
    "UHLIVE_CLIENT_SECRET",
    "UHLIVE_WEBHOOK_SECRET",
    "DATABASE_URL",
    "QUEUE_URL",
    "CACHE_URL",
    "EMAIL_PASSWORD",
    "HEARTBEAT_URL",
    "METRICS_TOKEN",
    "SENTRY_DSN",
    "OTEL_EXPORTER_OTLP_HEADERS",
)
# The units name their credentials so: LoadCredential=callback:/etc/callback/secrets.
_PREFIX = "callback_"


def path_of(name: str) -> tuple[str, str]:
    """Return what names the file of a secret, for an error, and the path of that file.

    Both are empty if the secret has no file.

    Raises:
        ImproperlyConfigured: it has two.
    """
    if name not in SECRETS:
        return "", ""
    named = os.environ.get(f"{name}_FILE", "")
    credential = _credentials() / f"{_PREFIX}{name}"
    if not credential.is_file():
        return (f"{name}_FILE", named) if named else ("", "")
    if named:
        raise ImproperlyConfigured(
            f"{name}_FILE is set, and systemd passes the credential {credential.name} as well. "
            "Remove one of them."
        )
    return f"the credential {credential.name}", str(credential)


@contextmanager
def contents(name: str) -> Iterator[None]:
    """Inside the block, let the variable of a secret contain what its file contains.

    It is removed again, so that processes that we start do not inherit the secret, and read the
    file themselves.

    Raises:
        ImproperlyConfigured: the variable and its file are both set, or the file cannot be read.
    """
    named_by, path = path_of(name)
    if not path:
        yield
        return
    if name in os.environ:
        raise ImproperlyConfigured(f"{name} and {named_by} are both set. Remove one of them.")
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{named_by}: {path} cannot be read ({error.strerror})."
        ) from None
    except ValueError:
        raise ImproperlyConfigured(f"{named_by}: {path} is no text.") from None
    if not text or "\0" in text:
        raise ImproperlyConfigured(f"{named_by}: {path} is empty, or is no text.")
    os.environ[name] = text
    try:
        yield
    finally:
        del os.environ[name]


def refuse_unknown_credentials() -> None:
    """Raise `ImproperlyConfigured` if systemd passes a credential that is none of the secrets.

    A `HASH_KEY` whose file has a wrong name would otherwise be replaced by the default.
    """
    known = {f"{_PREFIX}{name}" for name in SECRETS}
    unknown = sorted({path.name for path in _credentials().glob(f"{_PREFIX}*")} - known)
    if unknown:
        names = ", ".join(name.removeprefix(_PREFIX) for name in unknown)
        raise ImproperlyConfigured(
            f"No secret has the name of these files in /etc/callback/secrets: {names}. "
            "Rename or remove them."
        )


def _credentials() -> Path:
    """Return the folder of the credentials that systemd passes to this unit."""
    return Path(os.environ.get("CREDENTIALS_DIRECTORY") or "/nonexistent")
