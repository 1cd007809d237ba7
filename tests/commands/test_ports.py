"""A port in use is noticed before anything is started."""

import socket

import pytest

from callbacks.operations import ports
from tests.support.servers import free_port


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1", "::"])
def test_a_port_that_somebody_listens_on_is_in_use(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as other:
        port = other.getsockname()[1]
        assert ports.complaint(port) == f"Port {port} is already in use."
        assert ports.complaint(port, "0.0.0.0") == f"Port {port} is already in use."


def test_a_port_that_is_bound_without_listening_is_in_use():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        assert ports.complaint(port) == f"Port {port} is already in use."


def test_a_free_port_gives_no_complaint():
    assert ports.complaint(free_port()) == ""


def test_an_address_of_another_machine_is_named():
    assert "Cannot listen on 192.0.2.1" in ports.complaint(free_port(), "192.0.2.1")
