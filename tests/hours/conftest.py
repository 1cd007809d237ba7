from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """The sentences of these tests are English, if a test does not say otherwise."""
    with translation.override("en"):
        yield
