"""Serve the scripts of the embed, which `callbacks.widgets.loader` builds, to every site."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from callbacks.widgets import loader
from callbacks.widgets.loader import Script

FOR_EVER = "public, max-age=31536000, immutable"
# A corrected loader reaches every site within 5 minutes, or 1 day where a stale copy is shown while
# the browser fetches the new one.
FOR_A_WHILE = "public, max-age=300, stale-while-revalidate=86400"


@require_safe
def unpinned(request: HttpRequest) -> HttpResponse:
    """Serve the latest loader."""
    current = loader.script(loader.LOADER)
    etag = f'"{current.integrity}"'
    known = request.headers.get("If-None-Match", "")
    response = HttpResponseNotModified() if known == etag else _answer(request, current)
    response.headers["ETag"] = etag
    return _for_other_sites(response, FOR_A_WHILE)


@require_safe
def pinned(request: HttpRequest, name: str, digest: str) -> HttpResponse:
    """Serve the script with exactly this digest, because sites pin it; 404 if there is none.

    A frame's own script is always served in its current version.
    """
    if name not in loader.PARTS:
        raise Http404
    current = loader.script(name)
    if digest == current.digest:
        return _for_other_sites(_answer(request, current), FOR_EVER)
    if name != loader.LOADER:
        # A frame loaded just before an upgrade asks for its old script. The new one works too.
        return _for_other_sites(_answer(request, current), "no-cache")
    kept = loader.KEPT / loader.kept_name(digest)
    if len(digest) != len(current.digest) or not kept.is_file():
        raise Http404
    earlier = Script.of(kept.read_bytes(), settings.PUBLIC_URL)
    return _for_other_sites(_answer(request, earlier), FOR_EVER)


@require_safe
def types(request: HttpRequest) -> HttpResponse:
    """Serve the TypeScript definitions of the element, its attributes and `CallMeBack`."""
    content = (loader.STATIC / "embed" / "loader.d.ts").read_bytes()
    response = HttpResponse(content, content_type="application/typescript; charset=utf-8")
    return _for_other_sites(response, FOR_A_WHILE)


def _answer(request: HttpRequest, script: Script) -> HttpResponse:
    """Return the response with the script, compressed if the browser accepts gzip."""
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
    """Let every site load `response`, also with `crossorigin` (SRI needs it) or under COEP."""
    response.headers["Cache-Control"] = cache_control
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
