"""Build the scripts of the embed: the loader for other sites' pages, and those inside the frame.

The readable source is in static/. It is served without comments and white space. The scripts of one
page are joined into one file, so that a frame loads one script. Each address contains a digest of
the content. The loader has a second address without a digest, which always gives the latest
version 1.

The loader must know its own origin, and nothing on another site's page can be trusted to tell it.
So the origin is written into the loader when it is served (docs/embedding.md, "Which origin that
is").
"""

import base64
import gzip
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import rjsmin
from django.conf import settings
from django.urls import reverse

STATIC = Path(settings.BASE_DIR) / "static"
LOADER = "v1"
PARTS = {
    LOADER: ("embed/loader.js",),
    "form": ("public/form.js", "public/email.js", "embed/frame.js"),
    "form-with-proof": ("public/proof.js", "public/form.js", "public/email.js", "embed/frame.js"),
    "status": ("public/status.js", "embed/frame.js"),
    "message": ("embed/frame.js",),
}
# Every loader that was ever released, and the current one, as v1.<digest>.js: a site may have
# pinned any of them. deploy/keep_loader.py adds the current one. Released ones are never deleted.
KEPT = STATIC / "embed" / "kept"
# Marks, in a kept loader, the place where our origin is written.
ORIGIN = b"{{ origin }}"


@dataclass(frozen=True)
class Script:
    """A script as it is served.

    `content` is plain and `zipped` is the same after gzip. `digest` is the start of the SHA-256 of
    the content before the origin is written into it, and part of the address. `integrity` is the
    value of the HTML attribute of that name (Subresource Integrity, SHA-384).
    """

    content: bytes
    zipped: bytes
    digest: str
    integrity: str

    @classmethod
    def of(cls, kept: bytes, origin: str) -> "Script":
        content = kept.replace(ORIGIN, origin.encode())
        sha384 = base64.b64encode(hashlib.sha384(content).digest()).decode()
        return cls(
            content,
            gzip.compress(content, mtime=0),
            hashlib.sha256(kept).hexdigest()[:12],
            f"sha384-{sha384}",
        )


def script(name: str) -> Script:
    """Return the current script `name`.

    Raises:
        KeyError: there is no script with this name.
    """
    files = tuple(STATIC / part for part in PARTS[name])
    changed_at = tuple(file.stat().st_mtime_ns for file in files)
    return _built(files, changed_at, settings.PUBLIC_URL)


def to_keep() -> bytes:
    """Return the current loader before the origin is written into it, as `KEPT` stores it."""
    (part,) = PARTS[LOADER]
    return _minified([STATIC / part])


def address(name: str) -> str:
    """Return the path of the current script `name`, with its digest."""
    return reverse("embed:script", args=[name, script(name).digest])


def unpinned_address() -> str:
    """Return the path without a digest, which always gives the latest loader."""
    return reverse("embed:loader")


def kept_name(digest: str) -> str:
    """Return the name of the file in `KEPT` that holds the loader with this digest."""
    return f"{LOADER}.{digest}.js"


@lru_cache(maxsize=16)
def _built(files: tuple[Path, ...], changed_at: tuple[int, ...], origin: str) -> Script:
    """Return the script built from `files`; new times in `changed_at` make the cache miss."""
    return Script.of(_minified(files), origin)


def _minified(files: Iterable[Path]) -> bytes:
    """Return the files as one script, without comments and white space.

    A line that still begins with a space is part of a style sheet, where line breaks mean nothing.
    """
    script = "\n".join(rjsmin.jsmin(file.read_text()) for file in files)
    return re.sub(r"\n +", "", script).encode()
