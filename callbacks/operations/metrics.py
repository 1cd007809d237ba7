"""Answer `/metrics` in the format of Prometheus, to those who may ask.

Every number comes from the database, none from the memory of this process. So each web process of
each machine gives the same answer, and Prometheus needs to ask only one of them.
"""

import ipaddress
from collections.abc import Iterable, Iterator

from django.conf import settings
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from callbacks.abuse import ip_rate_limit
from callbacks.core import availability
from callbacks.operations import metric_families


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics, or 503 if the database is unavailable.

    Raises:
        Http404: whoever asks has neither the token nor an address that may ask. Strangers do not
            learn that there is anything here.
    """
    if not (_has_token(request) or _has_address(request)):
        raise Http404
    try:
        found = list(metric_families.collect())
    except Error as error:
        availability.database.failed(error)
        return HttpResponse("database unavailable\n", status=503, content_type="text/plain")
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Found(found))
    return HttpResponse(encode(registry), content_type=content_type)


class _Found(Collector):
    """What prometheus_client asks for the metrics."""

    def __init__(self, found: Iterable[Metric]) -> None:
        self._found = list(found)

    def collect(self) -> Iterator[Metric]:
        return iter(self._found)


def _has_token(request: HttpRequest) -> bool:
    """Return whether the request has `METRICS_TOKEN`; always False if that is not set."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    is_right = constant_time_compare(token.strip(), settings.METRICS_TOKEN)
    return bool(settings.METRICS_TOKEN) and scheme.lower() == "bearer" and is_right


def _has_address(request: HttpRequest) -> bool:
    """Return whether the client's address is in `METRICS_ADDRESSES`."""
    address = ip_rate_limit.client_address(request).partition("%")[0]
    if not settings.METRICS_ADDRESSES or not address:
        return False
    client = ipaddress.ip_address(address)
    return any(client in network for network in settings.METRICS_ADDRESSES)
