"""Serve another site: pages from memory, on its own origin, under a strict policy."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# The policy of docs/embedding.md, and the address where the browser reports what it blocked.
POLICY = (
    "default-src 'none'; script-src {site}; frame-src {site}; style-src 'self'; img-src 'self'; "
    "report-uri /stopped"
)
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Boats &amp; more</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/shop.css">
{head}
</head><body><main><h1>Boats</h1><p id="before">We rent boats.</p>
{content}
<p id="after">By the hour, or for a day.</p></main></body></html>
"""
STYLE = "body{font-family:sans-serif;margin:2rem} p{max-width:30rem}"


class Shop:
    """A shop: `pages` maps a path to HTML, `stopped` has the reports, `url` is its origin."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.pages: dict[str, str] = {}
        self.stopped: list[str] = []
        self.asked: list[str] = []
        self.headers: dict[str, str] = {"Content-Security-Policy": POLICY.format(site=site)}
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                shop.asked.append(path)
                if path == "/shop.css":
                    return self._send(200, "text/css", STYLE)
                if path in shop.pages:
                    return self._send(200, "text/html; charset=utf-8", shop.pages[path])
                return self._send(404, "text/plain", "nothing here")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                shop.stopped.append(body.decode(errors="replace"))
                self._send(200, "text/plain", "")

            def _send(self, status: int, kind: str, text: str) -> None:
                content = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                for name, value in shop.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://shop.localhost:{self.server.server_port}"

    def page(self, path: str, content: str, head: str | None = None) -> str:
        """Add a page with the loader in its head, and return its address."""
        loader = f'<script async src="{self.site}/embed/v1.js"></script>'
        self.pages[path] = PAGE.format(head=loader if head is None else head, content=content)
        return self.url + path


@contextmanager
def shop(site: str) -> Iterator[Shop]:
    """Run a shop whose pages load the widget from `site`."""
    opened = Shop(site)
    thread = threading.Thread(target=opened.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield opened
    finally:
        opened.server.shutdown()
        thread.join()
        opened.server.server_close()
