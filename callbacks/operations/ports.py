"""Check that a port is free before anything starts, so that the problem is told in one sentence."""

import errno
import socket


def complaint(port: int, host: str = "127.0.0.1") -> str:
    """Return why we cannot listen on this port, such as "Port 8000 is in use."; "" if we can."""
    if any(_answers(address, port) for address in {host, "127.0.0.1", "::1"}):
        return f"Port {port} is already in use."
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            return f"Only root may listen on port {port}."
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"Port {port} is already in use."
            return f"Cannot listen on {host} ({error.strerror})."
    return ""


def _answers(host: str, port: int) -> bool:
    """Return whether something answers there.

    The caller asks on the other loopback address too, because a browser may try that one first for
    localhost.
    """
    try:
        socket.create_connection((host, port), timeout=0.5).close()
    except OSError:
        return False
    return True
