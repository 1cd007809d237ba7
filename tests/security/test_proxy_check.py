"""The check that warns when all visitors would count as one address, or as any they like."""

import pytest
from pytest_django import Settings

from callbacks.operations.checks import proxies_are_counted

PUBLIC = "callback.example.fr"


@pytest.mark.parametrize(
    ("public_url", "bind", "proxies", "warning"),
    [
        (f"https://{PUBLIC}", "127.0.0.1", 0, "W002"),
        (f"https://{PUBLIC}", "0.0.0.0", 0, "W002"),
        (f"https://{PUBLIC}", "127.0.0.1", 1, ""),
        (f"https://{PUBLIC}", "0.0.0.0", 2, ""),
        # Nobody from outside reaches a web process that listens on this machine alone.
        (f"http://{PUBLIC}", "127.0.0.1", 0, "W002"),
        (f"http://{PUBLIC}:8000", "::1", 0, "W002"),
        (f"http://{PUBLIC}", "127.0.0.1", 1, ""),
        # In an office, without a proxy and without https.
        (f"http://{PUBLIC}:8000", "0.0.0.0", 0, ""),
        (f"http://{PUBLIC}:8000", "0.0.0.0", 1, "W003"),
        # On the machine of who tries it out.
        ("http://localhost:8000", "127.0.0.1", 0, ""),
        ("http://callback.localhost:8000", "127.0.0.1", 0, ""),
        ("http://localhost:8000", "127.0.0.1", 1, "W003"),
        ("http://localhost:8080", "127.0.0.1", 1, ""),
    ],
)
def test_what_is_warned_of(
    settings: Settings, public_url: str, bind: str, proxies: int, warning: str
) -> None:
    settings.PUBLIC_URL, settings.PUBLIC_IS_HTTPS = public_url, public_url.startswith("https")
    settings.BIND, settings.PORT, settings.TRUSTED_PROXY_COUNT = bind, 8000, proxies
    found = [str(message.id) for message in proxies_are_counted(None)]
    assert found == ([f"callbacks.{warning}"] if warning else [])
