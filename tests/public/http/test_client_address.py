"""Whom the limit per address counts: an address that the client cannot have made up."""

import pytest
from django.test import RequestFactory, override_settings
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from callbacks.abuse.ip_rate_limit import client_address, key

PROXY = "10.0.0.1"


def seen(forwarded: str | None = None, *, connection: str = PROXY) -> str:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=connection))


def counted_as(address: str) -> str:
    return key("", RequestFactory().get("/", REMOTE_ADDR=address))


def test_without_a_proxy_of_ours_the_header_is_the_clients_own_words() -> None:
    assert seen("203.0.113.9") == PROXY


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        (2, "1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "1.1.1.1,203.0.113.9,10.0.0.2", "203.0.113.9"),
        (1, "203.0.113.9:4711", "203.0.113.9"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "[2001:db8::1]", "2001:db8::1"),
        (1, "2001:DB8:0::1", "2001:db8::1"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"),
    ],
)
def test_behind_proxies_the_outermost_of_ours_says_who_called(
    settings: Settings, proxies: int, forwarded: str, expected: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    assert seen(forwarded) == expected


@pytest.mark.parametrize(
    ("proxies", "forwarded"),
    [
        (2, "203.0.113.9"),  # came past one of them
        (1, None),
        (1, ""),
        (1, "203.0.113.9, unknown"),
        (1, "203.0.113.9, _hidden"),
        (1, "203.0.113.9,"),
        (1, "203.0.113.9 10.0.0.1"),
        (1, "999.0.0.1"),
        (1, "1.2.3.4:5:6"),
        (3, "203.0.113.9, 10.0.0.3"),
    ],
)
def test_otherwise_the_connection_holds(
    settings: Settings, proxies: int, forwarded: str | None
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    assert seen(forwarded) == PROXY


@given(st.text(st.characters(codec="latin-1"), max_size=60))
def test_nothing_that_a_client_prepends_changes_who_it_is(forged: str) -> None:
    with override_settings(TRUSTED_PROXY_COUNT=1):
        call_request = RequestFactory().get("/", REMOTE_ADDR=PROXY)
        call_request.META["HTTP_X_FORWARDED_FOR"] = f"{forged},203.0.113.9"
        assert client_address(call_request) == "203.0.113.9"
        call_request.META["HTTP_X_FORWARDED_FOR"] = forged
        client_address(call_request)


def test_a_connection_without_an_address_is_one_client() -> None:
    assert seen(connection="") == ""
    assert counted_as("") == counted_as("")


def test_ipv6_is_counted_by_subscriber() -> None:
    assert counted_as("2001:db8::1") == counted_as("2001:db8::ffff:1")
    assert counted_as("2001:db8::1") != counted_as("2001:db8:0:1::1")
    assert counted_as("fe80::1%eth0") == counted_as("fe80::2%eth0")
    assert counted_as("::ffff:192.0.2.1") == counted_as("192.0.2.1")
    assert counted_as("192.0.2.1") != counted_as("192.0.2.2")


def test_the_key_does_not_show_the_address() -> None:
    assert "192.0.2.1" not in counted_as("192.0.2.1")
    assert len(counted_as("192.0.2.1")) == 64
