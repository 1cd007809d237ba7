"""Our system checks. A setting that would let calls go wrong stops the start, with a sentence."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from callback_site.addresses import LOOPBACK_HOSTS
from callbacks.call_api import connected_service
from callbacks.core import private_files


@register
def call_service(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse contradictory settings of the call service.

    The sandbox is for the demo and tests, with its own credentials. Real ones never reach it.
    """
    return [Error(sentence, id="callbacks.E001") for sentence in connected_service.contradictions()]


@register
def shared_cache(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse several web processes without a shared cache.

    The limits for each IP address are counted in the cache.
    """
    backend = settings.CACHES["default"]["BACKEND"]
    if settings.WEB_PROCESSES > 1 and backend.endswith(("LocMemCache", "DummyCache")):
        return [
            Error(
                f"WEB_PROCESSES is {settings.WEB_PROCESSES}, but each process counts in its own "
                "cache: the limits for IP addresses would not hold.",
                hint="Set CACHE_URL to a Redis server, or WEB_PROCESSES to 1.",
                id="callbacks.E002",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def credentials(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn if credentials are missing: every request would wait, then fail."""
    missing = [
        name for name in ("UHLIVE_CLIENT_ID", "UHLIVE_CLIENT_SECRET") if not getattr(settings, name)
    ]
    if missing:
        return [
            Warning(
                f"{' and '.join(missing)} not set: no call can be placed.",
                hint="Get them from your uh!live account manager.",
                id="callbacks.W001",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def proxies_are_counted(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn if the number of proxies contradicts the other settings.

    With too low a number, all visitors count as one address. With too high a number, each visitor
    may claim any address.

    A proxy stands in front of a site with https. One also stands in front of a public site whose
    web process listens on this machine only. None stands in front if `PUBLIC_URL` names the web
    process itself. Whether the number is exact cannot be checked from here.
    """
    public = urlsplit(settings.PUBLIC_URL)
    is_local = public.hostname in LOOPBACK_HOSTS or str(public.hostname).endswith(".localhost")
    is_direct = not settings.PUBLIC_IS_HTTPS and (public.port or 80) == settings.PORT
    if settings.PUBLIC_IS_HTTPS:
        sign = "PUBLIC_URL is https"
    elif settings.BIND in LOOPBACK_HOSTS and not is_local:
        sign = f"the web process listens on {settings.BIND} only"
    else:
        sign = ""
    if sign and not settings.TRUSTED_PROXY_COUNT:
        return [
            Warning(
                f"TRUSTED_PROXY_COUNT is 0, but {sign}, so visitors come through a proxy: all "
                "would share the proxy's IP address, and its limits.",
                hint="Set it to the number of proxies in front of this site: 1 for one nginx.",
                id="callbacks.W002",
            )
        ]
    if is_direct and settings.TRUSTED_PROXY_COUNT:
        return [
            Warning(
                f"TRUSTED_PROXY_COUNT is {settings.TRUSTED_PROXY_COUNT}, but PUBLIC_URL leads "
                "directly to the web process: visitors could claim any IP address.",
                hint="Set it to 0, or set PUBLIC_URL to the address of the proxy.",
                id="callbacks.W003",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def files_are_private(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn if other accounts of this machine can read our files.

    The database file holds numbers and emails; the settings file holds the keys. Both are created
    for their owner only, but a copy or a restored backup may be readable by all.
    """
    found = [str(path) for path in private_files.readable_by_others()]
    if not found:
        return []
    return [
        Warning(
            f"Every account of this machine can read {' and '.join(found)}.",
            hint=f"Run: chmod 600 {' '.join(found)}",
            id="callbacks.W004",
        )
    ]
