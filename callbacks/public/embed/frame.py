"""The public pages in a frame on another site's page: `/embed/…`, beside `/w/…` and `/r/…`.

They are the same views. What differs is who may show them (`frame-ancestors`, from the widget's
list), the theme that the site asks for, and that links stay in the frame.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.csp import CSP, build_policy
from django.utils.http import urlencode

from callbacks.core import availability, origins
from callbacks.models import Widget
from callbacks.widgets import cache as widget_cache

NAMESPACE = "embed"
THEME = "theme"
THEMES = ("light", "dark")
# Which sites may show a widget, as it was last known; read while the database is away.
_REMEMBERED = 1000
_last_known: dict[str, list[str]] = {}


@dataclass(frozen=True)
class Frame:
    """`hosts`: the sites that may show the page; `theme`: light, dark, or "" for the visitor's."""

    hosts: list[str]
    theme: str = ""


def of(request: HttpRequest) -> Frame | None:
    """The frame that `request` is for; None for a page by itself."""
    found = vars(request).get("frame")
    return found if isinstance(found, Frame) else None


def address(request: HttpRequest, name: str, *args: str, **query: str) -> str:
    """Where the public page `name` is for who reads this one: in the same frame, or by itself."""
    frame = of(request)
    path = reverse(f"{NAMESPACE if frame else 'public'}:{name}", args=args)
    if frame and frame.theme:
        query |= {THEME: frame.theme}
    return f"{path}?{urlencode(query)}" if query else path


def by_itself(request: HttpRequest) -> str:
    """Where the same page is without a frame."""
    match = request.resolver_match
    return reverse(f"public:{match.url_name}", kwargs=match.kwargs) if match else request.path


def allowed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Lets the widget's sites, and nobody else, show what `view` answers, errors included."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.resolver_match is None or request.resolver_match.namespace != NAMESPACE:
            return view(request, *args, **kwargs)
        hosts = _hosts(**kwargs)
        theme = request.GET.get(THEME, "")
        vars(request)["frame"] = Frame(hosts, theme if theme in THEMES else "")
        response = view(request, *args, **kwargs)
        # Our own pages, such as the preview in the admin: only a page of ours sends such a request.
        is_ours = request.headers.get("Sec-Fetch-Site") == "same-origin"
        ancestors = [str(CSP.SELF), *hosts] if is_ours else origins.frame_ancestors(hosts)
        response.headers[str(CSP.HEADER_ENFORCE)] = build_policy(
            {**_named(settings.SECURE_CSP), "frame-ancestors": ancestors}
        )
        vars(response)["xframe_options_exempt"] = True
        # For pages that are isolated from other origins: without these they could not show ours.
        response.headers["Cross-Origin-Embedder-Policy"] = "require-corp"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    return wrapped


def _named(policy: Mapping[str, list[CSP]]) -> dict[str, list[str]]:
    """With our origin beside 'self', which in a sandboxed frame is nobody to WebKit (tried with
    WebKitGTK 2.50): the form had no style, and was not even sent to be refused."""
    return {
        directive: [*map(str, sources), *([settings.PUBLIC_URL] if CSP.SELF in sources else [])]
        for directive, sources in policy.items()
    }


def _hosts(public_id: str = "", token: str = "") -> list[str]:
    name = public_id or token
    try:
        if public_id:
            known = widget_cache.find(public_id)
            found = known.widget.allowed_origins if known else None
        else:
            rows = Widget.objects.filter(requests__token=token)
            found = rows.values_list("allowed_origins", flat=True).first()
    except Error as error:
        if not availability.is_database_away(error):
            raise
        availability.database.failed(error)
        return _last_known.get(name, [])
    hosts: list[str] = found or []
    _last_known.pop(name, None)
    _last_known[name] = hosts
    while len(_last_known) > _REMEMBERED:
        _last_known.pop(next(iter(_last_known)), None)
    return hosts
