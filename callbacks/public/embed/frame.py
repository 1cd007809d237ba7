"""Serve the public pages in a frame on another site's page, under `/embed/…`.

The views are those of `/w/…` and `/r/…`. Three things differ in a frame. The `frame-ancestors`
directive of the Content-Security-Policy names the sites that may show the page (from the widget's
list). The site may ask for a theme. Links stay in the frame.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import Error
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.csp import CSP, build_policy
from django.utils.http import urlencode

from callbacks.core import availability, origins
from callbacks.core.process_memory import LastKnown
from callbacks.models import CallRequest, Topic, Widget
from callbacks.widgets import cache as widget_cache

NAMESPACE = "embed"
THEME = "theme"
THEMES = ("light", "dark")
# The sites that may show each widget, as last read. Used only while the database is unavailable.
last_known: LastKnown[str, list[str]] = LastKnown(most=1000)


@dataclass(frozen=True)
class Frame:
    """A frame: `hosts` are the sites that may show it, `theme` is "light", "dark" or "".

    With a `theme` of "", the visitor's own setting decides.
    """

    hosts: list[str]
    theme: str = ""


def of(request: HttpRequest) -> Frame | None:
    """Return the frame that `request` is for, or None if the page is not in a frame."""
    found = vars(request).get("frame")
    return found if isinstance(found, Frame) else None


def address(request: HttpRequest, name: str, *args: str, **query: str) -> str:
    """Return the path of the public page `name`: in the frame of `request`, if it has one."""
    frame = of(request)
    path = reverse(f"{NAMESPACE if frame else 'public'}:{name}", args=args)
    if frame and frame.theme:
        query |= {THEME: frame.theme}
    return f"{path}?{urlencode(query)}" if query else path


def by_itself(request: HttpRequest) -> str:
    """Return the path of the same page outside any frame."""
    match = request.resolver_match
    return reverse(f"public:{match.url_name}", kwargs=match.kwargs) if match else request.path


def allowed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate `view` so that only the widget's sites may frame its answers, errors included."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.resolver_match is None or request.resolver_match.namespace != NAMESPACE:
            return view(request, *args, **kwargs)
        hosts = _hosts(**kwargs)
        theme = request.GET.get(THEME, "")
        vars(request)["frame"] = Frame(hosts, theme if theme in THEMES else "")
        response = view(request, *args, **kwargs)
        # Our own pages may frame it too, such as the preview in the admin. No other site's page can
        # send `same-origin`.
        is_ours = request.headers.get("Sec-Fetch-Site") == "same-origin"
        ancestors = [str(CSP.SELF), *hosts] if is_ours else origins.frame_ancestors(hosts)
        response.headers[str(CSP.HEADER_ENFORCE)] = build_policy(
            {**_named(settings.SECURE_CSP), "frame-ancestors": ancestors}
        )
        vars(response)["xframe_options_exempt"] = True
        # A page that is isolated from other origins (COEP) shows only frames with these headers.
        response.headers["Cross-Origin-Embedder-Policy"] = "require-corp"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    return wrapped


def _named(policy: Mapping[str, list[CSP]]) -> dict[str, list[str]]:
    """Return the policy with our origin added wherever it says 'self'.

    In a sandboxed frame, WebKit matches 'self' with nothing (measured with WebKitGTK 2.50): the
    form had no style and could not be sent.
    """
    return {
        directive: [*map(str, sources), *([settings.PUBLIC_URL] if CSP.SELF in sources else [])]
        for directive, sources in policy.items()
    }


def _hosts(public_id: str = "", token: str = "") -> list[str]:
    """Return the sites that may show the widget with this public ID, or the request's widget.

    They are its allowed sites, and those of the widgets of which it is a topic.
    While the database is away, return the list that was read last; [] if there is none.
    """
    name = public_id or token
    try:
        if public_id:
            known = widget_cache.find(public_id)
            found = [*known.sites] if known else None
        else:
            found = _sites_of_request(token)
    except Error as error:
        if not availability.is_database_away(error):
            raise
        availability.database.failed(error)
        return last_known.get(name) or []
    hosts: list[str] = found or []
    last_known.keep(name, hosts)
    return hosts


def _sites_of_request(token: str) -> list[str]:
    """Return the sites that may show the request. The widget is found once, by the token."""
    requests = CallRequest.objects.filter(token=token).values("widget")
    offering = Topic.objects.filter(target__in=requests, widget__is_active=True).values("widget")
    rows = Widget.objects.filter(Q(pk__in=requests) | Q(pk__in=offering))
    sites = [site for row in rows.values_list("allowed_origins", flat=True) for site in row]
    return list(dict.fromkeys(sites))
