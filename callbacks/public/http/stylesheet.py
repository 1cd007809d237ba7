"""Serve one stylesheet for a widget's pages: the common styles and the widget's colour.

The Content-Security-Policy allows no style inside a page, so the colour is part of the stylesheet.
The address contains a digest of the content, so browsers may keep it for ever.
"""

import hashlib
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from callbacks.models import Widget
from callbacks.widgets import colours

COMMON = Path(settings.BASE_DIR) / "static" / "public" / "page.css"


def address(widget: Widget) -> str:
    """Return the path of the widget's current stylesheet."""
    _content, digest = _built(widget.accent_colour, COMMON.stat().st_mtime_ns)
    return reverse("public:stylesheet", args=[widget.public_id, digest])


def built(accent: str) -> bytes:
    """Return the stylesheet for the colour `accent`, which need not be saved anywhere."""
    return _built(accent, COMMON.stat().st_mtime_ns)[0]


@require_safe
@gzip_page
def stylesheet(request: HttpRequest, public_id: str, digest: str) -> HttpResponse:
    """Serve the current stylesheet; browsers may keep it only if `digest` is the current one."""
    widget = Widget.objects.filter(public_id=public_id).only("accent_colour").first()
    if widget is None:
        raise Http404
    content, current = _built(widget.accent_colour, COMMON.stat().st_mtime_ns)
    response = HttpResponse(content, content_type="text/css; charset=utf-8")
    is_current = digest == current
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if is_current else "no-cache"
    )
    return response


@lru_cache(maxsize=512)
def _built(accent: str, changed_at: int) -> tuple[bytes, str]:
    """Return the content and its digest; a new time in `changed_at` makes the cache miss."""
    try:
        palette = colours.palette(accent)
    except ValueError:
        palette = colours.palette(str(Widget._meta.get_field("accent_colour").default))
    on_dark = f"{{--link:{palette.link_on_dark};--line:{palette.line_on_dark}}}"
    own = (
        f":root{{--button:{palette.button};--button-text:{palette.button_text};"
        f"--link:{palette.link_on_light};--line:{palette.line_on_light}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){on_dark}}}"
        f":root[data-theme=dark]{on_dark}\n"
    )
    content = COMMON.read_bytes() + own.encode()
    return content, hashlib.sha256(content).hexdigest()[:12]
