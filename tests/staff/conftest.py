"""Staff of every kind, signed in."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import translation

from tests.support.staff.pages import make_staff, signed_in


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """What is translated outside a page would be in the site's language, French."""
    with translation.override("en"):
        yield


@pytest.fixture
def chief() -> User:
    """May do everything."""
    return User.objects.create(username="chief", is_staff=True, is_superuser=True, password="!")


@pytest.fixture
def staff(chief: User) -> Client:
    """The admin as the chief sees it."""
    return signed_in(chief)


@pytest.fixture
def agent() -> User:
    """May see requests and act on them, and nothing else."""
    return make_staff("agent", "view_callrequest", "act_on_callrequest")


@pytest.fixture
def onlooker() -> User:
    """May see requests."""
    return make_staff("onlooker", "view_callrequest")
