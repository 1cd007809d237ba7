"""A refusal never tells which limit it was, and so not whether a number has asked before."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from callbacks.core import clock
from callbacks.intake import errors as intake_errors
from callbacks.models import LimitHit
from tests.support.factories import make_widget, post_form
from tests.support.forms import forms_on

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
SOMEBODY, SOMEBODY_ELSE = "06 12 34 56 78", "06 87 65 43 21"


def refused(settings, limit, later):
    """What a stranger gets to see when SOMEBODY has asked, and `later` they do, by one limit."""
    caps = {"hourly_cap": 1} if limit == "widget" else {}
    settings.ACCOUNT_DAILY_CAP = 1 if limit == "account" else 1000
    widget = make_widget(language="en", **caps)
    first = SOMEBODY if limit == "number" else SOMEBODY_ELSE
    with clock.set_to(NOW):
        assert post_form(Client(), widget, number=first).status_code == 303
    with clock.set_to(NOW + later):
        response = post_form(Client(), widget, number=SOMEBODY)
    (form,) = forms_on(response)
    page = response.content.decode().replace(form.fields["form_token"], "")
    page = page.replace(widget.public_id, "")
    headers = {name: response.headers[name] for name in response.headers if name != "Expires"}
    return response.status_code, headers, page


@pytest.mark.parametrize(
    ("limit", "later"),
    [("widget", timedelta(minutes=57)), ("account", timedelta(hours=23, minutes=58))],
)
def test_the_limit_per_number_answers_like_the_others(settings, limit, later):
    """Another wait by the second, but the same within a step: no byte of the answer differs."""
    other = refused(settings, limit, later)
    LimitHit.objects.all().delete()
    by_number = refused(settings, "number", timedelta(minutes=1, seconds=7))
    assert by_number == other
    assert by_number[0] == 429
    assert "in about 5 min" in by_number[2]


def test_a_wait_is_rounded_up_to_one_of_a_few():
    for wait, told in [
        (timedelta(seconds=1), timedelta(minutes=5)),
        (timedelta(minutes=5), timedelta(minutes=5)),
        (timedelta(minutes=5, seconds=1), timedelta(minutes=15)),
        (timedelta(hours=3), timedelta(hours=4)),
        (timedelta(hours=24), timedelta(hours=24)),
    ]:
        assert intake_errors._coarse(wait) == told
