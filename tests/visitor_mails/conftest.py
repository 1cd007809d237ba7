"""A site with a mail server, and widgets that send emails to visitors."""

import pytest
from pytest_django import Settings

from callbacks.models import Widget
from tests.support.factories import make_widget
from tests.support.hours.december import TOWN_HALL, widget_with


@pytest.fixture(autouse=True)
def _mail_is_set(settings: Settings) -> None:
    settings.MAIL_IS_SET = True
    settings.DEFAULT_FROM_EMAIL = "calls@callback.example"


@pytest.fixture
def shop() -> Widget:
    """Calls at once."""
    return make_widget(mails_visitors=True, company_name="Shop", contact="+33123456789")


@pytest.fixture
def town_hall() -> Widget:
    """Offers time slots."""
    return widget_with(**TOWN_HALL, slot_minutes=30, mails_visitors=True, company_name="Mairie")
