"""The check that warns when all visitors would count as one address."""

import pytest
from pytest_django import Settings

from callbacks.ops.checks import proxies_are_counted


@pytest.mark.parametrize(
    ("https", "proxies", "warned"), [(True, 0, True), (True, 1, False), (False, 0, False)]
)
def test_https_without_a_counted_proxy_is_warned_of(
    settings: Settings, https: bool, proxies: int, warned: bool
) -> None:
    settings.PUBLIC_IS_HTTPS, settings.TRUSTED_PROXY_COUNT = https, proxies
    assert [message.id for message in proxies_are_counted(None)] == ["callbacks.W002"] * warned
