"""Domains that look like a slip of the hand."""

import pytest

from callbacks.contact.email_typos import DOMAINS, meant_domain

SLIPS = [
    *(("gmial.com", "gmail.com"), ("gmail.con", "gmail.com"), ("gmai.com", "gmail.com")),
    *(("gmaill.com", "gmail.com"), ("GMIAL.com", "gmail.com"), ("hotmial.fr", "hotmail.fr")),
    *(("orage.fr", "orange.fr"), ("wanado.fr", "wanadoo.fr"), ("laposte.ne", "laposte.net")),
    ("gmail.co", "gmail.com"),
]


@pytest.mark.parametrize(("typed", "meant"), SLIPS)
def test_a_slip_is_noticed(typed: str, meant: str) -> None:
    assert meant_domain(f"jo@{typed}") == meant


@pytest.mark.parametrize(
    "typed",
    [*DOMAINS, "example.fr", "gmial.fr", "gmx.fr", "sfr.fr", "mairie-gmail.com", "", "x" * 10_000],
)
def test_other_domains_are_left_alone(typed: str) -> None:
    assert meant_domain(f"jo@{typed}") == ""
