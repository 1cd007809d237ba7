from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from callbacks.models import Widget
from tests.support.browsers import shop as shops
from tests.support.browsers.shop import Shop
from tests.support.factories import make_widget


@pytest.fixture
def site(live_server: Any, settings: Any) -> str:
    """Our own origin, another site than the shop's."""
    cache.clear()
    settings.PUBLIC_URL = live_server.url.replace("localhost", "callback.localhost")
    return str(settings.PUBLIC_URL)


@pytest.fixture
def shop(site: str) -> Iterator[Shop]:
    with shops.shop(site) as opened:
        yield opened


@pytest.fixture
def widget(shop: Shop) -> Widget:
    """One that the shop may show. Its form fits whole into the windows of all engines."""
    return make_widget(allowed_origins=[shop.url], shows_sales_call_notice=False)
