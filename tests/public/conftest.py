import pytest
from django.core.cache import cache

from callbacks import pressure
from callbacks.public import address


@pytest.fixture(autouse=True)
def no_address_has_sent_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(address, "_quiet_until", 0.0)
    monkeypatch.setattr(address, "_away", False)


@pytest.fixture(autouse=True)
def no_pressure_is_remembered() -> None:
    pressure._found.clear()
