"""The scripts of the embed: the loader for other people's pages, and those inside the frame.

They lie in static/ to be read, and are served without comments and white space. What belongs
together is one file on the way, so that a frame needs one script. A digest of the content is in the
address; the loader has a second address, without one, that moves on within version 1.

The loader knows where it comes from by a line that is completed when it is served, because nothing
else on somebody's page can be trusted to say so (docs/embedding.md, "Which origin that is").
"""

import base64
import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import rjsmin
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

STATIC = Path(settings.BASE_DIR) / "static"
LOADER = "v1"
PARTS = {
    LOADER: ("embed/loader.js",),
    "form": ("public/form.js", "public/email.js", "embed/frame.js"),
    "form-with-proof": ("public/proof.js", "public/form.js", "public/email.js", "embed/frame.js"),
    "status": ("public/status.js", "embed/frame.js"),
    "message": ("embed/frame.js",),
}
# Every loader that was ever released, v1.<digest>.js each, the one of now among them: some site may
# have pinned it. deploy/keep_loader.py adds one; none is ever taken away.
KEPT = STATIC / "embed" / "kept"
# In the loader, as it is kept: the place of our origin.
ORIGIN = b"{{ origin }}"
FOR_EVER = "public, max-age=31536000, immutable"
# A repaired loader reaches every site within so long; meanwhile the old one shows at once.
FOR_A_WHILE = "public, max-age=300, stale-while-revalidate=86400"


@dataclass(frozen=True)
class Script:
    """`content` as it is served; `zipped`: by gzip; `digest`: of the content as it is kept, in its
    address; `integrity`: for the attribute of that name (SRI)."""

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
    """The script as it is now. Raises KeyError when there is none of that name."""
    files = tuple(STATIC / part for part in PARTS[name])
    changed_at = tuple(file.stat().st_mtime_ns for file in files)
    return _built(files, changed_at, settings.PUBLIC_URL)


def to_keep() -> bytes:
    """The loader as it is now, for any site: what `KEPT` has of it."""
    (part,) = PARTS[LOADER]
    return _minified([STATIC / part])


def address(name: str) -> str:
    """Where the script is, as it is now."""
    return reverse("embed:script", args=[name, script(name).digest])


def moving_address() -> str:
    """Where the loader is, whatever it is just then."""
    return reverse("embed:loader")


def kept_name(digest: str) -> str:
    """The name of the file in `KEPT` that has the loader of that digest."""
    return f"{LOADER}.{digest}.js"


@require_safe
def moving(request: HttpRequest) -> HttpResponse:
    """The loader of today."""
    loader = script(LOADER)
    etag = f'"{loader.integrity}"'
    known = request.headers.get("If-None-Match", "")
    response = HttpResponseNotModified() if known == etag else _answer(request, loader)
    response.headers["ETag"] = etag
    return _for_other_sites(response, FOR_A_WHILE)


@require_safe
def pinned(request: HttpRequest, name: str, digest: str) -> HttpResponse:
    """The script whose content has this digest, and no other: sites pin it."""
    if name not in PARTS:
        raise Http404
    current = script(name)
    if digest == current.digest:
        return _for_other_sites(_answer(request, current), FOR_EVER)
    if name != LOADER:
        # A frame that was loaded just before an upgrade asks for its old script: this fits as well.
        return _for_other_sites(_answer(request, current), "no-cache")
    kept = KEPT / kept_name(digest)
    if len(digest) != len(current.digest) or not kept.is_file():
        raise Http404
    earlier = Script.of(kept.read_bytes(), settings.PUBLIC_URL)
    return _for_other_sites(_answer(request, earlier), FOR_EVER)


@require_safe
def types(request: HttpRequest) -> HttpResponse:
    """What editors read to know the element, its attributes and `CallMeBack`."""
    content = (STATIC / "embed" / "loader.d.ts").read_bytes()
    response = HttpResponse(content, content_type="application/typescript; charset=utf-8")
    return _for_other_sites(response, FOR_A_WHILE)


def _answer(request: HttpRequest, script: Script) -> HttpResponse:
    takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(
        script.zipped if takes_gzip else script.content,
        content_type="text/javascript; charset=utf-8",
    )
    if takes_gzip:
        response.headers["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _for_other_sites(response: HttpResponse, cache_control: str) -> HttpResponse:
    """Anybody's page may load it, also with `crossorigin` (as SRI needs) or isolated (COEP)."""
    response.headers["Cache-Control"] = cache_control
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@lru_cache(maxsize=16)
def _built(files: tuple[Path, ...], changed_at: tuple[int, ...], origin: str) -> Script:
    """`changed_at` are the files' own, so that they are read anew."""
    return Script.of(_minified(files), origin)


def _minified(files: Iterable[Path]) -> bytes:
    return "\n".join(rjsmin.jsmin(file.read_text()) for file in files).encode()
