"""A site with a mail server, and a widget."""

from collections.abc import Iterator

import pytest
from django.utils import translation
from pytest_django import Settings

from callbacks.models import Widget
from tests.support.factories import make_widget


@pytest.fixture(autouse=True)
def _mail_is_set(settings: Settings) -> None:
    settings.MAIL_IS_SET = True
    settings.DEFAULT_FROM_EMAIL = "calls@callback.example"


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def shop() -> Widget:
    return make_widget(name="Shop")
