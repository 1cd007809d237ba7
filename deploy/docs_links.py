"""Check the pages of the built documents: each link leads somewhere, nothing comes from elsewhere.

MkDocs checks the links between the pages of one language as they are written. This reads what was
built: links between the languages, downloads, pictures and anchors too.
"""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser loads without a click.
_LOADED = {"src", "srcset", "poster", "data"}


class _Page(HTMLParser):
    """What a page links to, loads and can be linked to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.ids: set[str] = {""}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.add(value or "")
            elif name in _LOADED or (tag == "link" and name == "href"):
                self.loaded.add(value or "")
            elif name == "href":
                self.links.add(value or "")


def problems(site: Path) -> list[str]:
    """Return a sentence for each broken link, and for each address outside that a page loads."""
    pages = {path: _Page(path.read_text()) for path in site.rglob("*.html")}
    found = []
    for path, page in sorted(pages.items()):
        name = path.relative_to(site).as_posix()
        for address in page.loaded:
            if urlsplit(address).netloc:
                found.append(f"{name} loads {address}")
        if name == "404.html":  # its addresses begin at the root of the server
            continue
        for address in page.links | page.loaded:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            if not target.is_file():
                found.append(f"{name} links to {address}: there is no such page")
            elif target in pages and anchor not in pages[target].ids:
                found.append(f"{name} links to {address}: there is no such heading")
    return found
