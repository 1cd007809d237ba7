"""The Content-Security-Policy of the admin's pages.

Error pages keep the stricter policy of the rest of the site.
"""

from collections.abc import Iterable

from django.urls import URLPattern, URLResolver
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override

# Unfold needs both exceptions: its script library evaluates expressions in attributes, and its
# pages contain styles.
POLICY: dict[str, list[str]] = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.UNSAFE_EVAL],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF, "data:"],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
admin_page = csp_override(POLICY)


def apply(urls: Iterable[URLResolver | URLPattern]) -> None:
    """Send this policy with each view of `urls`, nested ones included."""
    for url in urls:
        if isinstance(url, URLResolver):
            apply(url.url_patterns)
        else:
            url.callback = admin_page(url.callback)
