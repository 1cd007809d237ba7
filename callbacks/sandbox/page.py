"""The page on which phones ring. It loads nothing from another site."""

from pathlib import Path

from callbacks.sandbox.messages import Answer, Request
from callbacks.sandbox.state import Sandbox

_FOLDER = Path(__file__).with_name("static")
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE = (_FOLDER / "index.html").read_bytes()

STATIC = {
    path.name: (path.read_bytes(), _TYPES[path.suffix])
    for path in sorted(_FOLDER.iterdir())
    if path.suffix in _TYPES
}


def page(_sandbox: Sandbox, _request: Request) -> Answer:
    """Return the page itself. What it shows arrives as events."""
    headers = (("Content-Security-Policy", _POLICY), ("Referrer-Policy", "no-referrer"))
    return Answer(200, _PAGE, "text/html; charset=utf-8", headers)


def static(_sandbox: Sandbox, request: Request) -> Answer:
    """Return a style sheet, a script or an image of the page."""
    return Answer(200, *STATIC[request.path.rpartition("/")[2]])


def home(_sandbox: Sandbox, _request: Request) -> Answer:
    """Redirect from the bare address to the page."""
    return Answer(302, b"", "text/plain", (("Location", "/sandbox/"),))
