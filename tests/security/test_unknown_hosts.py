"""nginx, with the files of deploy/, lets nobody through who asks for another host, and logs no
address.
"""

import threading
from http.client import HTTPConnection, RemoteDisconnected
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.support import programs
from tests.support.processes import nginx
from tests.support.servers import free_port

pytestmark = pytest.mark.skipif(programs.nginx() is None, reason="nginx is not installed")

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


def ask(port: int, host: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/r/secret/", headers={"Host": host})
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.slow
def test_only_the_sites_own_host_is_answered(tmp_path: Path) -> None:
    seen: list[str] = []

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers["Host"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    site = HTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, args=(0.02,), daemon=True).start()
    port, tls = free_port(), free_port()
    unknown = (DEPLOY / "nginx_unknown_hosts.conf").read_text()
    unknown = unknown.replace("listen 80", f"listen 127.0.0.1:{port}")
    unknown = unknown.replace("listen 443", f"listen 127.0.0.1:{tls}")
    ours = (DEPLOY / "nginx_site.conf").read_text()
    ours = ours.replace("127.0.0.1:8000", f"127.0.0.1:{site.server_port}")
    own = f"server {{ listen 127.0.0.1:{port}; server_name callback.example; {ours} }}"
    with nginx.running(f"{own}\n{unknown}", [port, tls], tmp_path):
        for host in ("evil.example", "a" * 3000, f"127.0.0.1:{port}"):
            with pytest.raises((RemoteDisconnected, ConnectionError)):
                ask(port, host)
        assert ask(port, "callback.example") == 204
    site.shutdown()
    site.server_close()
    assert seen == ["callback.example"]
    assert not list(tmp_path.rglob("*access*"))


TOKEN = "kEyOfArEqUeSt0123456789"


def logged_by_nginx(folder: Path, lines: str) -> str:
    """Return all that nginx wrote while the site behind it was away, with these lines in its
    server block.
    """
    port, nobody = free_port(), free_port()
    lines = lines.replace("127.0.0.1:8000", f"127.0.0.1:{nobody}")
    lines = lines.replace("client_max_body_size 6m", "client_max_body_size 1k")
    server = f"server {{ listen 127.0.0.1:{port}; server_name callback.example; {lines} }}"
    folder.mkdir()
    with nginx.running(server, [port], folder):
        for method, body, status in (("GET", b"", 502), ("POST", b"x" * 2000, 413)):
            connection = HTTPConnection("127.0.0.1", port, timeout=10)
            headers = {"Host": "callback.example", "Referer": f"http://x/r/{TOKEN}/"}
            connection.request(method, f"/r/{TOKEN}/never/?a={TOKEN}", body, headers)
            assert connection.getresponse().status == status
            connection.close()
    return "".join(
        path.read_text(errors="replace")
        for path in folder.rglob("*")
        if path.is_file() and path.name != "nginx.conf"
    )


@pytest.mark.slow
@pytest.mark.slow
def test_no_log_of_nginx_holds_the_key_of_a_request(tmp_path: Path) -> None:
    lines = (DEPLOY / "nginx_site.conf").read_text()
    assert TOKEN not in logged_by_nginx(tmp_path / "ours", lines)
    # As it would be otherwise, so that it is known to be seen.
    without = "\n".join(line for line in lines.splitlines() if not line.startswith("error_log"))
    assert TOKEN in logged_by_nginx(tmp_path / "without", without)
