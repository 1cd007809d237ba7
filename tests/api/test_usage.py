"""A key reads how much of the limits is used, of the widgets that it may see."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from callbacks.api import problems
from callbacks.core import clock
from callbacks.intake import accept
from callbacks.models import Scope
from tests.support.api import API, caller, check_problem
from tests.support.factories import make_submission, make_widget

pytestmark = pytest.mark.django_db

USAGE = f"{API}/usage"


def test_it_tells_what_is_used_and_what_is_allowed(settings: Any) -> None:
    settings.ACCOUNT_DAILY_CAP = 700
    busy = make_widget(name="A", hourly_cap=20, daily_cap=50)
    idle = make_widget(name="B", hourly_cap=5, daily_cap=6)
    start = clock.now()
    for index, hours in enumerate((0, 2, 2)):
        with clock.set_to(start + timedelta(hours=hours, seconds=index)):
            accept.accept(make_submission(busy, nonce=f"n{index}", number=f"061234567{index}"))
    with clock.set_to(start + timedelta(hours=2, minutes=5)):
        told = caller(Scope.READ).get(USAGE).json()
        of_one = caller(Scope.READ, widget=idle).get(USAGE).json()
    with clock.set_to(start + timedelta(days=2)):
        later = caller(Scope.READ).get(USAGE).json()
    mine = {
        "id": busy.public_id,
        "hour": {"used": 2, "most": 20},
        "day": {"used": 3, "most": 50},
        "retries": 0,
    }
    other = {
        "id": idle.public_id,
        "hour": {"used": 0, "most": 5},
        "day": {"used": 0, "most": 6},
        "retries": 0,
    }
    assert told == {"widgets": [mine, other], "all_widgets": {"used": 3, "most": 700}}
    assert of_one == {"widgets": [other], "all_widgets": None}
    assert later["widgets"][0]["day"]["used"] == later["all_widgets"]["used"] == 0


def test_it_asks_as_much_for_many_widgets_as_for_one() -> None:
    client, counts = caller(Scope.READ), []
    for _ in range(2):
        make_widget()
        client.get(USAGE)
        with CaptureQueriesContext(connection) as captured:
            client.get(USAGE)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_it_needs_the_scope() -> None:
    check_problem(caller(Scope.WRITE).get(USAGE), problems.SCOPE_MISSING)
