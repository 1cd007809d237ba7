"""Run a real nginx on the loopback, for a `with` statement."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from tests.support import programs
from tests.support.servers import free_port

# All its files are in `folder`; without these lines it would need /var/lib/nginx.
CONFIGURATION = """
daemon off; pid {folder}/pid; error_log {folder}/error.log info; worker_processes 1; {user}
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    {servers}
}}
"""


@contextmanager
def running(servers: str, ports: Sequence[int], folder: Path) -> Iterator[None]:
    """Run nginx with these server blocks until the block ends; it listens on all the ports.

    `error.log` in the folder has all that the server blocks write to the main error log.
    """
    user = "user root;" if os.geteuid() == 0 else ""
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, user=user, servers=servers))
    command = [str(programs.nginx()), "-e", "stderr", "-p", str(folder), "-c", str(configuration)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for port in ports:
            _wait_for(port, process)
        yield
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def in_front_of(port: int) -> Iterator[int]:
    """Run nginx as a plain reverse proxy in front of a port; yield the proxy's port."""
    own = free_port()
    server = (
        f"server {{ listen 127.0.0.1:{own};"
        f" location / {{ proxy_pass http://127.0.0.1:{port}; proxy_http_version 1.1; }} }}"
    )
    with (
        tempfile.TemporaryDirectory(prefix="nginx-") as folder,
        running(server, [own], Path(folder)),
    ):
        yield own


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while True:
        assert process.poll() is None, "nginx did not start"
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.connect()
        except OSError:
            assert time.monotonic() < deadline, "nginx does not listen"
            time.sleep(0.02)
        else:
            connection.close()
            return
