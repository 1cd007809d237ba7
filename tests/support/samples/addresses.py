"""List an address for each route of the site, and check the headers that each answer needs."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from callbacks.models import Topic
from tests.support.extra_fields import ORDER
from tests.support.factories import make_request, make_widget

CSP = ("default-src", "object-src", "base-uri", "frame-ancestors", "form-action")


STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors "
)


def routes(resolver: URLResolver, values: dict[str, str], start: str = "/") -> Iterator[str]:
    """Yield an address for each route, with `values` for its parameters."""
    for entry in resolver.url_patterns:
        text = str(entry.pattern).removeprefix("^").removesuffix("$").replace(r"\Z", "")
        for converter, value in values.items():
            text = text.replace(converter, value)
        if isinstance(entry, URLResolver):
            yield from routes(entry, values, start + text)
        elif isinstance(entry, URLPattern):
            yield start + text


def every_address() -> list[str]:
    widget = make_widget(extra_fields=[ORDER])
    labels = {"en": "Orders", "fr": "Commandes"}
    Topic.objects.create(widget=widget, key="order", labels=labels, target=widget, position=0)
    call_request = make_request(widget=widget)
    values = {
        "<slug:public_id>": call_request.widget.public_id,
        "<slug:token>": call_request.token,
        "<slug:digest>": "0",
        "<slug:key>": "order",
        "<slug:name>": "retry",
        "<slug:number>": "NONE",
        "<path:object_id>": str(call_request.pk),
        "<int:pk>": str(call_request.pk),
        "<int:content_type_id>": "1",
        "<id>": "1",
        "<path:url>": "nothing/",
    }
    found = list(routes(get_resolver(), values))
    assert len(found) > 50
    return found


def check(response: Any, name: str) -> None:
    """Check the headers of a response; `name` ends with its address.

    All pages outside the admin, and all error pages, need the strict policy.
    """
    headers = response.headers
    assert headers["X-Content-Type-Options"] == "nosniff", name
    assert headers["Referrer-Policy"] in {"same-origin", "strict-origin"}, name
    assert "camera=()" in headers["Permissions-Policy"], name
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin", name
    assert headers["Cross-Origin-Resource-Policy"] in {"same-origin", "cross-origin"}, name
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000"), name
    policy = headers["Content-Security-Policy"]
    for directive in CSP:
        if directive == "object-src" and "default-src 'none'" in policy:
            continue
        assert directive in policy, (name, directive)
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0], name
    assert "*" not in policy, name
    if "/admin/" not in name or b"/public/page." in getattr(response, "content", b""):
        if " /embed/" in name:  # for sandboxed frames, the policy also names our origin
            policy = policy.replace(f" {settings.PUBLIC_URL}", "")
        assert policy.startswith(STRICT), name
    cross_origin = headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert cross_origin == (" /embed/" in name or " /static/" in name), name
