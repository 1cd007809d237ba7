"""What stands on every page: the connected service, and whether calls flow."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from callbacks.core import clock
from callbacks.dispatch import call_switch
from callbacks.models import AlertKind, CallControl, CircuitState
from callbacks.staff.site.banner import banner
from tests.support.factories import make_request
from tests.support.staff.pages import LIST, action_url, make_staff, page_of, signed_in

pytestmark = pytest.mark.django_db


def pages() -> list[str]:
    call_request = make_request()
    widget = reverse("admin:callbacks_widget_change", args=[call_request.widget_id])
    return [
        reverse("admin:index"),
        LIST,
        page_of(call_request),
        f"{action_url('cancel')}?request={call_request.pk}",
        reverse("admin:callbacks_widget_changelist"),
        widget,
        reverse("admin:callbacks_widget_history", args=[call_request.widget_id]),
        reverse("admin:calling"),
        reverse("admin:auth_user_changelist"),
        reverse("admin:auth_user_add"),
        reverse("admin:password_change"),
        reverse("admin:app_list", args=["callbacks"]),
    ]


@pytest.mark.long
def test_the_banner_is_on_every_page(staff: Client) -> None:
    call_switch.stop(by="somebody", note="<i>drill</i>")
    CallControl.objects.update(
        circuit=CircuitState.OPEN,
        opened_at=clock.now(),
        opened_reason=AlertKind.CREDENTIALS,
    )
    for address in pages():
        html = staff.get(address).content.decode()
        assert "Connected to another call service (127.0.0.1:9)." in html, address
        assert "All calls are stopped." in html, address
        assert "&lt;i&gt;drill&lt;/i&gt;" in html, address
        assert "The call service refuses the client ID and secret" in html, address


def test_while_calls_flow_only_the_service_is_named(staff: Client) -> None:
    html = staff.get(reverse("admin:index")).content.decode()
    assert "staff-service-other" in html
    assert "staff-stopped" not in html
    assert "staff-open" not in html


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://call.uh.live/api/startcall", "real"),
        ("http://127.0.0.1:9000/sandbox/startcall", "sandbox"),
        ("https://staging.example.fr/startcall", "other"),
    ],
)
def test_each_kind_of_service_has_its_colour(
    staff: Client, settings: Settings, url: str, kind: str
) -> None:
    settings.UHLIVE_CALL_URL = url
    assert f"staff-service-{kind}" in staff.get(reverse("admin:index")).content.decode()


def test_strangers_are_told_nothing() -> None:
    call_switch.stop(by="somebody")
    with CaptureQueriesContext(connection) as queries:
        html = Client().get(reverse("admin:login")).content.decode()
    assert not queries.captured_queries
    assert "staff-banner" not in html
    assert "stopped" not in html


def test_staff_without_permissions_see_it_without_the_link() -> None:
    call_switch.stop(by="somebody")
    html = signed_in(make_staff("newcomer")).get(reverse("admin:index")).content.decode()
    assert "All calls are stopped." in html
    assert "Go to “Calling”" not in html


def test_the_banner_costs_one_query() -> None:
    call_switch.current()
    with CaptureQueriesContext(connection) as queries:
        banner()
    assert len(queries) == 1
