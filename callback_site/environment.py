"""Read the environment, and name the variable that is missing or wrong.

Every setting that an operator may change comes from an environment variable; `docs/settings.md`
lists them. A wrong one raises `ImproperlyConfigured`, whose text names the variable. No default
hides a mistake.
"""

import os
import re
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from environs import Env, EnvError

from callback_site import secret_files

# The value of each variable that was read, for `manage.py show_settings`.
VALUES: dict[str, object] = {}


def read[T](reader: Callable[..., T], name: str, *args: Any, **kwargs: Any) -> T:
    """Return the variable `name` as `reader`, a method of `environs.Env`, reads it.

    The first of `args` is the default.

    Raises:
        ImproperlyConfigured: the value is wrong, or it is empty and the default is not. An empty
            `HASH_KEY` would be a key that everybody knows, and an empty `BIND` all addresses of
            this machine. The text names the variable.
    """
    with secret_files.contents(name):
        if any(args[:1]) and not os.environ.get(name, "not set").strip():
            raise ImproperlyConfigured(f"{name} is empty. Give it a value, or remove it.")
        try:
            value = reader(name, *args, **kwargs)
        except EnvError as error:
            raise ImproperlyConfigured(f"{name}: {error}") from None
    VALUES[name] = value
    return value


def need_package(variable: str, package: str) -> None:
    """Raise `ImproperlyConfigured` if the package that a variable needs is not installed."""
    if find_spec(package) is None:
        raise ImproperlyConfigured(
            f"{variable} is set, but a package that it needs is not installed. Run "
            f"sh deploy/venv.sh requirements-monitoring.txt, or remove {variable}."
        )


def sentry_dsn(env: Env, name: str) -> str:
    """Return the DSN of a Sentry project in the variable `name`, or "" if it is not set."""
    dsn: str = read(env.str, name, "")
    if dsn:
        need_package(name, "sentry_sdk")
        from sentry_sdk.utils import BadDsn, Dsn  # noqa: PLC0415 - may be absent

        try:
            Dsn(dsn)
        except BadDsn:
            raise ImproperlyConfigured(f"{name} is no DSN of a Sentry project.") from None
    return dsn


def require(env: Env, names: Iterable[str]) -> None:
    """Raise `ImproperlyConfigured` if variables are missing or empty, and name all of them.

    They are named together, so that an operator does not have to start again for each one.
    """
    missing = [name for name in names if not read(env.str, name, "").strip()]
    if missing:
        *first, last = missing
        listed = f"{', '.join(first)} and {last} are" if first else f"{last} is"
        raise ImproperlyConfigured(f"{listed} not set (see Needed in docs/settings.md).")


def number_between(env: Env, name: str, default: float, low: float, high: float) -> float:
    """Return the number in the variable `name`; refuse one outside `low` to `high`."""
    value = read(env.float, name, default)
    if not low <= value <= high:
        raise ImproperlyConfigured(f"{name} must be between {low:g} and {high:g}, not {value:g}.")
    return value


def whole_number_between(env: Env, name: str, default: int, low: int, high: int) -> int:
    """Return the whole number in the variable `name`; refuse one outside `low` to `high`."""
    value = read(env.int, name, default)
    if not low <= value <= high:
        raise ImproperlyConfigured(f"{name} must be between {low} and {high}, not {value}.")
    return value


def rate(env: Env, name: str, default: str) -> str:
    """Return a rate as django-ratelimit writes it: `300/h`, `20/10m`; units s, m, h and d."""
    value = read(env.str, name, default)
    if not re.fullmatch("[0-9]+/(?:[1-9][0-9]*)?[smhd]", value):
        raise ImproperlyConfigured(f"{name} must be written like 300/h or 20/10m, not {value!r}.")
    return value


def longest_placing(connect_timeout: float, read_timeout: float) -> float:
    """Return how many seconds a worker may need to place one call, from the service's time-outs.

    Waiting for another thread's token takes both time-outs, fetching a token takes both, and an
    attempt takes both and 5 s more. Another 60 s are for a database that is away. If an answer
    waits longer than that while the process is told to end, housekeeping ends its attempt. A test
    compares this sum with the code.
    """
    return 3 * (connect_timeout + read_timeout) + 5 + 60


def statuses(env: Env, name: str) -> list[int]:
    """Return the HTTP statuses in the variable `name`, separated by commas.

    They are those that the operator declares to mean that no call was started. Only 408, 425 and
    500 to 599 are allowed.
    """
    found = read(env.list, name, [], subcast=int)
    for status in found:
        if status not in {408, 425} and not 500 <= status <= 599:
            raise ImproperlyConfigured(
                f"{name} may contain 408, 425 and 500 to 599, separated by commas, not {status}."
            )
    return [int(status) for status in found]


def emails(env: Env, name: str) -> list[str]:
    """Return the email addresses in the variable `name`, separated by commas.

    Raises:
        ImproperlyConfigured: one is no address. The text gives its place, and not the address.
    """
    found = [text.strip() for text in read(env.list, name, []) if text.strip()]
    for place, text in enumerate(found, start=1):
        try:
            validate_email(text)
        except ValidationError:
            raise ImproperlyConfigured(
                f"{name} must contain email addresses, separated by commas: number {place} of "
                f"{len(found)} is not one."
            ) from None
    return found


def secret(env: Env, name: str, *, at_least: int) -> str:
    """Return the secret in the variable `name`, or "" if it is not set.

    Raises:
        ImproperlyConfigured: it is shorter than `at_least` characters.
    """
    value = read(env.str, name, "").strip()
    if value and len(value) < at_least:
        raise ImproperlyConfigured(f"{name} must be at least {at_least} random characters.")
    return value


def time_zone(env: Env, name: str, default: str) -> str:
    """Return the name of a time zone that this machine knows, such as `Europe/Paris`."""
    value = read(env.str, name, default)
    try:
        ZoneInfo(value)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ImproperlyConfigured(
            f"{name} must be a time zone such as Europe/Paris, not {value[:100]!r}."
        ) from None
    return value


def encryption_keys(env: Env) -> list[str]:
    """Return the Fernet keys in `ENCRYPTION_KEYS`, separated by commas, the newest first."""
    keys = read(env.list, "ENCRYPTION_KEYS", [])
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            raise ImproperlyConfigured(
                "ENCRYPTION_KEYS must contain Fernet keys (manage.py new_encryption_key makes one)."
            ) from None
    return [str(key) for key in keys]
