#!/usr/bin/env python
"""Serve the demo's shop: another site, on its own origin, that shows the widget.

Its first page is as a page should be. The other pages do what sites do to each other's scripts.

    deploy/shop.py --port 8020 --site http://localhost:8000 --widget PUBLIC_ID

This script imports nothing of the product: the lines in deploy/shop/index.html are all that a site
needs.
"""

import argparse
import html
import http.client
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, urlsplit

FOLDER = Path(__file__).resolve().parent / "shop"
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Paths of the files. HTML pages have no suffix in their path.
FILES = {
    "/" if file.stem == "index" else f"/{file.name.removesuffix('.html')}": file
    for file in FOLDER.iterdir()
}
LOADER = "/embed/v1.js"
# The same loader, as the shop's optimiser has copied it.
CACHED_LOADER = "/cached/v1.js"
# The strictest policy that works: what docs/embedding.md asks for, the shop's style and pictures.
POLICY = (
    "default-src 'none'; script-src {scripts}; frame-src {site}; style-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Shop(ThreadingHTTPServer):
    """Serves the files of its folder, and writes `site` and `widget` into the pages."""

    daemon_threads = True

    def __init__(self, port: int, site: str, widget: str) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.words = {"site": site, "widget": quote(widget, safe="")}
        self.site = site

    def policy(self, path: str) -> str:
        """Return the Content-Security-Policy of a page; all but the first have own scripts."""
        scripts = self.site if path == "/" else f"'self' {self.site}"
        return POLICY.format(scripts=scripts, site=self.site)

    @cached_property
    def copied_loader(self) -> bytes:
        """The loader as the optimiser saw it first."""
        place = urlsplit(self.site)
        host = place.hostname or ""
        if host.endswith(".localhost"):  # browsers resolve it, but a resolver may not
            host = "127.0.0.1"
        secure = place.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(host, place.port, timeout=10)
        try:
            connection.request("GET", LOADER, headers={"Host": place.netloc})
            return connection.getresponse().read()
        finally:
            connection.close()


class Handler(BaseHTTPRequestHandler):
    server: Shop

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == CACHED_LOADER:
            self._send(path, self.server.copied_loader, KINDS[".js"])
        elif file := FILES.get(path):
            text = file.read_text(encoding="utf-8")
            for word, value in self.server.words.items():
                text = text.replace(f"{{{{ {word} }}}}", html.escape(value))
            self._send(path, text.encode(), KINDS[file.suffix])
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _send(self, path: str, content: bytes, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", self.server.policy(path))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Log nothing: which boats a visitor looks at is private."""


def main() -> None:
    parser = argparse.ArgumentParser(description="The demo's shop, until it is ended.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--site", required=True, help="where the widget comes from")
    parser.add_argument("--widget", required=True, help="its public id")
    options = parser.parse_args()
    Shop(options.port, options.site, options.widget).serve_forever()


if __name__ == "__main__":
    main()
