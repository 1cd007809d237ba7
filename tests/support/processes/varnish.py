"""Run a real Varnish on the loopback with its default configuration, for a `with` statement.

By default it answers 503 with `Retry-After: 5` when the connection to the server behind it breaks,
even if that server has already executed the request.
"""

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support import programs
from tests.support.servers import free_port


@contextmanager
def in_front_of(port: int) -> Iterator[int]:
    """Run Varnish in front of a port; yield Varnish's port."""
    own = free_port()
    with tempfile.TemporaryDirectory(prefix="varnish-") as folder:
        command = [str(programs.varnish()), "-n", folder, "-j", "none", "-F"]
        command += ["-a", f"127.0.0.1:{own}", "-b", f"127.0.0.1:{port}", "-s", "malloc,16m"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_for(own, process)
            yield own
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    # Varnish compiles its configuration first, which takes a second.
    deadline = time.monotonic() + 30
    while True:
        assert process.poll() is None, "Varnish did not start"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            assert time.monotonic() < deadline, "Varnish does not listen"
            time.sleep(0.05)
        else:
            return
