"""Who may show the pages in a frame, what stays in the frame, and what is refused there."""

import re
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from callbacks.models import CallRequest, Status, Widget
from callbacks.public.embed import frame
from callbacks.widgets import cache as widget_cache
from tests.support.factories import make_request, make_widget
from tests.support.forms import FILLED, forms_on

pytestmark = pytest.mark.django_db

SHOP = "https://www.example.fr"


def path_of(widget: Widget, query: str = "") -> str:
    return reverse("embed:form", args=[widget.public_id]) + query


def ancestors(response: Any) -> str:
    (found,) = re.findall(r"frame-ancestors ([^;]*)", response["Content-Security-Policy"])
    return str(found)


def test_the_sites_on_the_widgets_list_and_nobody_else() -> None:
    widget = make_widget(allowed_origins=[SHOP, "https://*.example.org"])
    response = Client().get(path_of(widget))
    assert ancestors(response) == f"{SHOP} https://*.example.org"
    assert "X-Frame-Options" not in response
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert f'data-hosts="{SHOP} https://*.example.org"' in response.content.decode()


def test_the_policy_names_our_origin_which_is_not_self_in_a_sandbox(settings: Any) -> None:
    settings.PUBLIC_URL = "https://callback.example"
    policy = Client().get(path_of(make_widget()))["Content-Security-Policy"]
    for directive in ("script-src", "style-src", "connect-src", "form-action"):
        assert f"{directive} 'self' https://callback.example;" in f"{policy};"


def test_no_site_while_none_is_listed() -> None:
    assert ancestors(Client().get(path_of(make_widget()))) == "'none'"


def test_our_own_pages_may_show_a_preview() -> None:
    """The browser says which page asks; no page can."""
    widget = make_widget()
    for site, expected in (("same-origin", "'self'"), ("cross-site", "'none'")):
        response = Client().get(path_of(widget), headers={"Sec-Fetch-Site": site})
        assert ancestors(response) == expected


def test_the_pages_by_themselves_are_never_framed() -> None:
    call_request = make_request(widget=make_widget(allowed_origins=[SHOP]))
    for path in (call_request.widget.get_absolute_url(), call_request.get_absolute_url()):
        response = Client().get(path)
        assert ancestors(response) == "'none'"
        assert response["X-Frame-Options"] == "DENY"


def every_answer(widget: Widget) -> dict[str, Any]:
    client, asked = Client(), make_request(widget=widget)
    base = reverse("embed:status", args=[asked.token])
    over = make_request(widget=widget, status=Status.CALLED)
    form = forms_on(client.get(path_of(widget)))[0]
    return {
        "form": client.get(path_of(widget)),
        "refused": client.post(path_of(widget), form.fields),
        "foreign": client.post(path_of(widget), headers={"Origin": "null"}),
        "unreadable": client.generic(
            "POST", path_of(widget), b"x", content_type="multipart/form-data"
        ),
        "taken": client.post(path_of(widget), form.fields | FILLED),
        "status": client.get(base),
        "over": client.get(reverse("embed:status", args=[over.token])),
        "state": client.get(f"{base}state/"),
        "number": client.get(f"{base}number/"),
        "cancel": client.get(f"{base}cancel/"),
        "cancelled": client.post(f"{base}cancel/"),
    }


def test_every_answer_may_be_shown_and_leads_on_inside_the_frame() -> None:
    widget = make_widget(allowed_origins=[SHOP])
    for name, response in every_answer(widget).items():
        assert ancestors(response) == SHOP, name
        assert "X-Frame-Options" not in response, name
        assert not response.cookies, name
        assert "no-store" in response["Cache-Control"], name
        assert "nosniff" in response["X-Content-Type-Options"], name
        if name == "foreign":
            continue  # its link opens the page by itself
        links = re.findall(r'(?:href|action|url)="?=?(/[^"]*)"', response.content.decode())
        links += [response["Location"]] if response.has_header("Location") else []
        ours = [link for link in links if not re.search(r"\.(css|svg|js)$", link)]
        assert all(link.startswith("/embed/") for link in ours), (name, ours)


def test_the_theme_stays_and_nothing_else_is_one() -> None:
    widget = make_widget(allowed_origins=[SHOP])
    dark = Client().get(path_of(widget, "?theme=dark&lang=en"))
    assert 'data-theme="dark"' in dark.content.decode()
    assert '<meta name="color-scheme" content="dark">' in dark.content.decode()
    form = forms_on(dark)[0]
    assert form.action == path_of(widget, "?lang=en&theme=dark")
    taken = Client().post(form.action, form.fields | FILLED)
    assert taken["Location"].endswith("/?theme=dark")
    for theme in ("", "auto", 'x" onload="alert(1)'):
        page = Client().get(path_of(widget), {"theme": theme}).content.decode()
        assert "data-theme" not in page


def test_one_script_is_all_that_a_framed_page_loads() -> None:
    widget = make_widget(allowed_origins=[SHOP])
    for name, response in every_answer(widget).items():
        page = response.content.decode()
        if page.startswith("<!doctype"):
            (script,) = re.findall(r'<script type="module" src="(/embed/[^"]+)"', page)
            assert Client().get(script).status_code == 200, name


def test_a_frame_without_an_origin_is_told_why_nothing_is_sent() -> None:
    """A sandboxed one sends `Origin: null`."""
    widget = make_widget(language="en")
    response = Client().post(
        path_of(widget), FILLED, headers={"Origin": "null", "Accept-Language": "en"}
    )
    assert response.status_code == 403
    assert "sent from another website" in response.content.decode()
    assert f'href="http://testserver{widget.get_absolute_url()}" target="_blank"' in (
        response.content.decode()
    )
    assert not CallRequest.objects.exists()


def test_while_the_database_is_away_the_sites_are_those_last_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    widget = make_widget(allowed_origins=[SHOP])
    form = forms_on(Client().get(path_of(widget)))[0]

    def away(*_arguments: Any, **_more: Any) -> None:
        raise OperationalError

    widget_cache.forget()
    monkeypatch.setattr(widget_cache.Widget.objects, "filter", away)  # type: ignore[attr-defined]
    sent = form.fields | FILLED | {"page_url": "https://www.example.fr/boats"}
    response = Client().post(path_of(widget), sent)
    assert response.status_code == 503
    assert ancestors(response) == SHOP
    again = forms_on(response)[0]
    assert again.action == path_of(widget)
    assert again.fields["page_url"] == "https://www.example.fr/boats"
    frame.last_known.forget()
    assert ancestors(Client().get(path_of(widget))) == "'none'"


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame.last_known, "most", 3)
    for number in range(10):
        Client().get(f"/embed/nothing{number}/")
    assert len(frame.last_known) == 3


def test_a_page_that_does_not_exist_may_be_framed_by_nobody() -> None:
    response = Client().get("/embed/none/")
    assert response.status_code == 404
    assert ancestors(response) == "'none'"


def test_an_inactive_widgets_sites_are_told_so() -> None:
    widget = make_widget(allowed_origins=[SHOP], is_active=False)
    response = Client().get(path_of(widget))
    assert response.status_code == 404
    assert ancestors(response) == SHOP


def test_a_paused_widget_says_so_in_the_frame() -> None:
    widget = make_widget(allowed_origins=[SHOP], is_paused=True, language="en")
    response = Client().get(path_of(widget))
    assert response.status_code == 200
    assert "not taking call requests" in response.content.decode()


def test_the_framed_form_costs_no_query_more_than_the_page(django_assert_num_queries: Any) -> None:
    widget = make_widget()
    Client().get(path_of(widget))
    widget_cache.forget()
    with django_assert_num_queries(2):
        Client().get(path_of(widget))
