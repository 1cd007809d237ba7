"""A form is taken from our own pages only, and without a cookie."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from callbacks.models import CallRequest
from callbacks.public.http import same_site
from tests.support.factories import make_request, make_widget
from tests.support.forms import FILLED, form_of


def is_own(**headers: str) -> bool:
    return same_site.is_own(RequestFactory().post("/", headers=headers))


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_what_the_browser_calls_our_own_is(site: str) -> None:
    assert is_own(**{"Sec-Fetch-Site": site, "Origin": "http://testserver"})


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "Same-Origin?", "same-origin, x"])
def test_what_it_calls_another_site_is_not(site: str) -> None:
    assert not is_own(**{"Sec-Fetch-Site": site, "Origin": "http://testserver"})


def test_without_either_header_nothing_speaks_against_it() -> None:
    assert is_own()


@pytest.mark.parametrize(
    ("public_url", "sent"),
    [
        ("https://shop.example", "https://shop.example"),
        ("https://shop.example", "https://shop.example:443"),
        ("https://shop.example:443/calls", "https://SHOP.example"),
        ("http://shop.example", "http://shop.example:80"),
        ("https://réception.example", "https://xn--rception-b1a.example"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_the_same_origin_may_be_spelt_differently(
    settings: Settings, public_url: str, sent: str
) -> None:
    settings.PUBLIC_URL = public_url
    assert is_own(Origin=sent)


@pytest.mark.parametrize(
    "sent",
    [
        "null",
        "",
        "http://shop.example",
        "https://shop.example:8443",
        "https://shop.example.evil.example",
        "https://evil.example",
        "https://sub.shop.example",
        "https://shop.example, https://evil.example",
        "https://[::1",
        "https://shop.example:99999",
        "https://" + "a" * 300,
        "shop.example",
        "file://",
    ],
)
def test_another_origin_is_refused(settings: Settings, sent: str) -> None:
    settings.PUBLIC_URL = "https://shop.example"
    assert not is_own(Origin=sent)


def refused(response: HttpResponse, path: str) -> bool:
    link = f'href="http://testserver{path}"'
    return response.status_code == 403 and link in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_sites_form_creates_nothing_and_leads_to_ours(headers: dict[str, Any]) -> None:
    widget, client = make_widget(), Client()
    form = form_of(client, widget)
    response = client.post(form.action, form.fields | FILLED, headers=headers)
    assert refused(response, widget.get_absolute_url())  # type: ignore[arg-type]
    assert not CallRequest.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("action", ["number", "cancel"])
def test_another_site_changes_no_request(action: str) -> None:
    call_request = make_request()
    path = f"{call_request.get_absolute_url()}{action}/"
    response = Client().post(
        path, {"number": "0687654321"}, headers={"Origin": "https://x.example"}
    )
    assert refused(response, path)  # type: ignore[arg-type]
    before = call_request.number
    call_request.refresh_from_db()
    assert (call_request.status, call_request.number) == ("queued", before)


@pytest.mark.django_db
def test_the_checks_are_not_those_of_a_cookie() -> None:
    """Django's own would refuse this client, which keeps no cookie."""
    widget, client = make_widget(), Client(enforce_csrf_checks=True)
    form = form_of(client, widget)
    response = client.post(
        form.action,
        form.fields | FILLED,
        headers={"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"},
    )
    assert response.status_code == 303
