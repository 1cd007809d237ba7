import pytest
from django.core.cache import cache

from callbacks.abuse import ip_rate_limit


@pytest.fixture(autouse=True)
def no_address_has_sent_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(ip_rate_limit, "_quiet_until", 0.0)
    monkeypatch.setattr(ip_rate_limit, "_away", False)
