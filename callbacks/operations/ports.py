"""Is a port free? Asked before anything is started, so that the answer can be one sentence."""

import errno
import socket


def complaint(port: int, host: str = "127.0.0.1") -> str:
    """Why nothing of ours can listen there: "Port 8000 is in use."; "" when it can."""
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
    """Also on the other loopback address: a browser that is told localhost may try that first."""
    try:
        socket.create_connection((host, port), timeout=0.5).close()
    except OSError:
        return False
    return True
