"""What a configuration may be."""

import dataclasses

import pytest

from callbacks.call_api import Config
from tests.support.call_service.start import SECRET

GOOD = Config(
    token_url="https://id.uh.live/realms/uhlive/protocol/openid-connect/token",
    call_url="https://call.uh.live/api/startcall",
    client_id="a-client",
    client_secret=SECRET,
    connect_timeout=5,
    read_timeout=20,
)


def test_an_attempt_has_time_to_connect_and_to_read_and_five_seconds():
    assert GOOD.attempt_seconds == 30.0


def test_the_secret_is_not_shown():
    assert SECRET not in repr(GOOD)


@pytest.mark.parametrize("field", ["token_url", "call_url"])
@pytest.mark.parametrize(
    "url",
    [
        "",
        "call.uh.live/api/startcall",
        "ftp://call.uh.live/",
        "https://",
        "https:///api",
        "https://user:pass-word@call.uh.live/",
        "https://call.uh.live:port/",
        "https://call.uh.live:99999/",
        "https://[::1/",
    ],
)
def test_an_address_that_is_none(field: str, url: str):
    with pytest.raises(ValueError, match=f"^{field} must be") as caught:
        dataclasses.replace(GOOD, **{field: url})  # type: ignore[arg-type]
    assert "pass-word" not in str(caught.value)


@pytest.mark.parametrize("field", ["connect_timeout", "read_timeout"])
@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_time_that_is_none(field: str, seconds: float):
    with pytest.raises(ValueError, match=f"^{field} must be"):
        dataclasses.replace(GOOD, **{field: seconds})  # type: ignore[arg-type]
