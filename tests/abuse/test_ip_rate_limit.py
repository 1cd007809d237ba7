"""One address may send so many forms, and no more; a cache that is away refuses nobody."""

from collections.abc import Iterator

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings
from structlog.testing import capture_logs

from callbacks.abuse import ip_rate_limit
from callbacks.models import CallRequest, Refusal, Widget
from tests.support.factories import make_widget, post_form
from tests.support.forms import FILLED, form_of, forms_on
from tests.support.servers import Server

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_an_hour(settings: Settings) -> None:
    settings.RATE_PER_ADDRESS = "2/h"


def ask(widget: Widget, number: str, *, address: str = "192.0.2.1", **fields: str) -> HttpResponse:
    return post_form(Client(REMOTE_ADDR=address), widget, number=number, **fields)


@pytest.mark.usefixtures("two_an_hour")
def test_one_more_is_refused_and_the_form_kept() -> None:
    widget = make_widget()
    assert ask(widget, "0612345601").status_code == 303
    assert ask(widget, "0612345602").status_code == 303
    response = ask(widget, "0612345603")
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 3600
    form = forms_on(response)[0]
    assert form.fields["number"] == "0612345603"
    assert form.fields["consent"] == "on"
    assert CallRequest.objects.count() == 2


@pytest.mark.usefixtures("two_an_hour")
def test_staff_see_the_refusal_and_a_flood_is_noted_once() -> None:
    widget = make_widget()
    for last in range(6):
        ask(widget, f"061234560{last}")
    refusal = Refusal.objects.get()
    assert (refusal.widget, refusal.kind, refusal.count) == (widget, "address", 1)
    assert "192.0.2.1" not in refusal.address_hash


@pytest.mark.usefixtures("two_an_hour")
def test_another_address_is_not_refused() -> None:
    widget = make_widget()
    for last in (1, 2, 3):
        assert ask(widget, f"061234560{last}", address=f"192.0.2.{last}").status_code == 303


@pytest.mark.usefixtures("two_an_hour")
def test_forms_that_are_refused_count_too() -> None:
    widget = make_widget()
    assert ask(widget, "").status_code == 422
    assert ask(widget, "0612345601", form_token="forged").status_code == 422
    assert ask(widget, "0612345602").status_code == 429


@pytest.mark.usefixtures("two_an_hour")
def test_looking_at_the_form_counts_nothing() -> None:
    widget, client = make_widget(), Client(REMOTE_ADDR="192.0.2.1")
    for _ in range(5):
        assert client.get(widget.get_absolute_url()).status_code == 200
    assert ask(widget, "0612345601").status_code == 303


@pytest.mark.usefixtures("two_an_hour")
def test_a_form_that_was_taken_before_still_leads_to_its_request() -> None:
    """Its answer was lost, and then the limit was reached: that must not become a second call."""
    widget, client = make_widget(), Client(REMOTE_ADDR="192.0.2.1")
    form = form_of(client, widget)
    taken = client.post(form.action, form.fields | FILLED)
    ask(widget, "0612345602")
    again = client.post(form.action, form.fields | FILLED)
    assert again["Location"] == taken["Location"]
    refused = client.post(form.action, form.fields | FILLED | {"number": "0612345603"})
    assert refused.status_code == 429


@pytest.fixture
def redis_as_cache(settings: Settings, redis_server: Server) -> Iterator[Server]:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": redis_server.url,
        }
    }
    yield redis_server
    redis_server.stop()
    redis_server.start()


@pytest.mark.usefixtures("two_an_hour")
def test_a_cache_that_is_away_refuses_nobody_and_is_logged_once(
    redis_as_cache: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ip_rate_limit.cache_pause, "seconds", 0.0)
    widget = make_widget()
    redis_as_cache.stop()
    with capture_logs() as logs:
        for last in range(5):
            assert ask(widget, f"061234560{last}").status_code == 303
    assert [entry["event"] for entry in logs] == ["cache_away"]
    assert "192.0.2" not in str(logs)

    redis_as_cache.start()
    with capture_logs() as logs:
        statuses = [ask(widget, f"061234561{last}").status_code for last in range(3)]
    assert statuses == [303, 303, 429]
    assert [entry["event"] for entry in logs] == ["cache_back"]


def test_after_a_failure_nobody_waits_for_the_cache(
    redis_as_cache: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = make_widget()
    redis_as_cache.stop()
    assert ask(widget, "0612345601").status_code == 303

    def asked(*args: object, **kwargs: object) -> None:
        raise AssertionError("the cache was asked")

    monkeypatch.setattr(ip_rate_limit, "get_usage", asked)
    assert ask(widget, "0612345602").status_code == 303
    assert ip_rate_limit.cache_pause.is_on
