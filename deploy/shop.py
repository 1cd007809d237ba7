#!/usr/bin/env python
"""The demo's shop: somebody else's site, on an origin of its own, that shows the widget.

    deploy/shop.py --port 8020 --site http://localhost:8000 --widget PUBLIC_ID

Nothing of the product is imported: all that a site needs is the line in deploy/shop/index.html.
"""

import argparse
import html
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, urlsplit

FOLDER = Path(__file__).resolve().parent / "shop"
KINDS = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/shop.css": ("shop.css", "text/css; charset=utf-8"),
    "/boats.svg": ("boats.svg", "image/svg+xml"),
}
# As strict as it can be: what docs/embedding.md asks for, and the shop's own style and pictures.
POLICY = (
    "default-src 'none'; script-src {site}; frame-src {site}; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Shop(ThreadingHTTPServer):
    """Serves the three files; `site` and `widget` stand in the page."""

    daemon_threads = True

    def __init__(self, port: int, site: str, widget: str) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.words = {"site": site, "widget": quote(widget, safe="")}
        self.policy = POLICY.format(site=site)


class Handler(BaseHTTPRequestHandler):
    server: Shop

    def do_GET(self) -> None:
        name, kind = KINDS.get(urlsplit(self.path).path, ("", ""))
        if not name:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        text = (FOLDER / name).read_text(encoding="utf-8")
        for word, value in self.server.words.items():
            text = text.replace(f"{{{{ {word} }}}}", html.escape(value))
        content = text.encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", self.server.policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: who looks at boats is nobody's business."""


def main() -> None:
    parser = argparse.ArgumentParser(description="The demo's shop, until it is ended.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--site", required=True, help="where the widget comes from")
    parser.add_argument("--widget", required=True, help="its public id")
    options = parser.parse_args()
    Shop(options.port, options.site, options.widget).serve_forever()


if __name__ == "__main__":
    main()
