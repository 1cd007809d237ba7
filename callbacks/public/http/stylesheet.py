"""One stylesheet for a widget's pages: the common one, and the owner's colour.

No style may stand in a page (its policy allows none), so the colour travels in the stylesheet.
The digest of its content is in its address, and so it may be kept for ever.
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
    """Where the widget's stylesheet is, as it is now."""
    _content, digest = _built(widget.accent_colour, COMMON.stat().st_mtime_ns)
    return reverse("public:stylesheet", args=[widget.public_id, digest])


def built(accent: str) -> bytes:
    """The stylesheet for a colour that may be saved nowhere."""
    return _built(accent, COMMON.stat().st_mtime_ns)[0]


@require_safe
@gzip_page
def stylesheet(request: HttpRequest, public_id: str, digest: str) -> HttpResponse:
    """The stylesheet as it is now; kept only if it is the one that was asked for."""
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
    """The content and its digest. `changed_at` is the common file's, so that it is read anew."""
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
