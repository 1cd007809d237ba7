import pytest
from django.core.cache import cache

from callbacks.public import address


@pytest.fixture(autouse=True)
def no_address_has_sent_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(address, "_quiet_until", 0.0)
    monkeypatch.setattr(address, "_away", False)
