"""A widget's page beside its form: preview, check of a site, lines, pause, copy, secret."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from callbacks.core import clock, origins
from callbacks.models import AuditEntry, Widget, WidgetText
from callbacks.scheduling import open_periods
from callbacks.widgets import snippets
from tests.support.factories import make_request, make_widget
from tests.support.staff.pages import make_staff, messages_on, signed_in

pytestmark = pytest.mark.django_db

PREVIEW = reverse("admin:callbacks_widget_preview")
CHECK = reverse("admin:callbacks_widget_check")


def tool(name: str, widget: Widget) -> str:
    return reverse(f"admin:callbacks_widget_{name}", args=[widget.pk])


def change_url(widget: Widget) -> str:
    return reverse("admin:callbacks_widget_change", args=[widget.pk])


def preview(client: Client, **fields: Any) -> str:
    answer = client.post(PREVIEW, {"preview_language": "en"} | fields)
    assert answer.status_code == 200
    return answer.text


def trail() -> list[str]:
    return list(
        AuditEntry.objects.exclude(action="sign_in").order_by("pk").values_list("action", flat=True)
    )


# -- preview ---------------------------------------------------------------------------------
def test_the_preview_shows_what_is_typed_and_saves_nothing(staff: Client) -> None:
    html = preview(
        staff,
        **{
            "accent_colour": "#aa3300",
            "email_required": "on",
            "texts-TOTAL_FORMS": "2",
            "texts-0-language": "fr",
            "texts-0-heading": "Bonjour",
            "texts-1-language": "en",
            "texts-1-heading": "<b>Hello</b>",
        },
    )
    assert "&lt;b&gt;Hello&lt;/b&gt;" in html
    assert "Bonjour" not in html
    assert "(optional)" not in html
    assert "/preview/aa3300.css" in html
    assert "<script" not in html
    # What is left empty is ours, in the language of the preview.
    assert "Call me back" in html
    assert "Rappelez" in preview(staff, preview_language="fr")
    assert not Widget.objects.exists()


def test_a_paused_widget_is_previewed_as_such(staff: Client) -> None:
    fields = {
        "is_paused": "on",
        "texts-TOTAL_FORMS": "1",
        "texts-0-language": "en",
        "texts-0-pause_message": "Back on Monday",
    }
    html = preview(staff, **fields)
    assert "Back on Monday" in html
    assert "<form" not in html
    assert "Back on Monday" not in preview(staff, **fields | {"texts-0-DELETE": "on"})


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"accent_colour": "red;}</style>"},
        {"accent_colour": "#12345", "preview_language": "xx"},
        {"texts-TOTAL_FORMS": "x"},
        {"texts-TOTAL_FORMS": "-1"},
        {"texts-TOTAL_FORMS": "9" * 100},
        {"texts-TOTAL_FORMS": "1", "texts-0-language": "en", "texts-0-heading": "x" * 5000},
    ],
)
def test_half_typed_fields_break_nothing(staff: Client, fields: dict[str, str]) -> None:
    assert "<form" in preview(staff, **fields)


def test_the_preview_has_its_colour(staff: Client) -> None:
    address = reverse("admin:callbacks_widget_preview_style", args=["aa3300"])
    answer = staff.get(address)
    assert answer["Content-Type"].startswith("text/css")
    assert "--button:#aa3300" in answer.text


# -- the check of a site ---------------------------------------------------------------------
def check(client: Client, listed: str, address: str) -> dict[str, Any]:
    answer = client.post(CHECK, {"allowed_origins": listed, "address": address})
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.content)
    return found


def test_the_check_tells_why_a_site_is_refused(staff: Client) -> None:
    listed = "https://www.example.fr\n\n"
    assert check(staff, listed, "https://www.example.fr/contact")["allowed"] is True
    refused = check(staff, listed, "https://example.fr")
    assert refused["allowed"] is False
    assert "add https://example.fr" in refused["text"]
    assert "is not" in check(staff, "https://a b", "https://example.fr")["text"]
    assert check(staff, listed, "x" * 5000)["allowed"] is False
    assert check(staff, listed, "")["allowed"] is False


def allow(client: Client, widget: Widget, address: str) -> Any:
    return client.post(tool("allow", widget), {"address": address}, follow=True)


def test_the_check_names_what_to_add(staff: Client) -> None:
    listed = "https://www.example.fr"
    assert (
        check(staff, listed, "https://shop.example/contact?x=1")["origin"] == "https://shop.example"
    )
    assert check(staff, listed, "https://www.example.fr/")["origin"] == ""
    assert check(staff, listed, "http://shop.example")["origin"] == ""


def test_a_site_is_added_once_confirmed_and_on_record(staff: Client) -> None:
    widget = make_widget(allowed_origins=["https://www.example.fr"])
    page = staff.get(tool("allow", widget), {"address": "https://shop.example/contact?x=1"}).text
    assert "Pages of https://shop.example will be able to show" in page
    widget.refresh_from_db()
    assert widget.allowed_origins == ["https://www.example.fr"]
    answer = allow(staff, widget, "https://shop.example/contact?x=1")
    assert messages_on(answer.text) == ["https://shop.example can show the widget now."]
    assert answer.redirect_chain[-1][0] == change_url(widget) + "#install"
    widget.refresh_from_db()
    assert widget.allowed_origins == ["https://www.example.fr", "https://shop.example"]
    assert trail() == ["widget.allow_origin"]
    log = staff.get(reverse("admin:callbacks_auditentry_changelist")).text
    assert "Allowed a site to show a widget" in log
    assert "https://shop.example" in log
    # Twice is once, and nothing to record.
    allow(staff, widget, "https://shop.example")
    widget.refresh_from_db()
    assert len(widget.allowed_origins) == 2
    assert trail() == ["widget.allow_origin"]


def test_what_cannot_be_added_is_said(staff: Client) -> None:
    widget = make_widget(allowed_origins=[f"https://s{n}.example" for n in range(origins.MOST)])
    for address, said in (
        ("http://shop.example", "use https"),
        ("", "required"),
        ("https://shop.example", "at most 100"),
    ):
        assert said in allow(staff, widget, address).text
    widget.refresh_from_db()
    assert len(widget.allowed_origins) == origins.MOST
    assert trail() == []


# -- lines -----------------------------------------------------------------------------------
def test_the_lines_to_paste_name_the_widget(staff: Client) -> None:
    widget = make_widget()
    html = staff.get(change_url(widget)).text
    for code in ("fr", "en"):
        for mode in ("", "floating", "inline"):
            assert escape(str(snippets.unpinned(widget, mode, code).line)) in html
        assert escape(str(snippets.pinned(widget, code=code).line)) in html
    assert "HTML to paste" not in staff.get(reverse("admin:callbacks_widget_add")).text


# -- pause -----------------------------------------------------------------------------------
def test_a_widget_is_paused_with_a_message_and_goes_on(staff: Client) -> None:
    widget = make_widget(language="en")
    WidgetText.objects.create(widget=widget, language="fr", heading="Bonjour")
    address = tool("pause", widget)
    assert "Visitors see the message" in staff.get(address).text
    widget.refresh_from_db()
    assert not widget.is_paused
    answer = staff.post(address, {"fr": "", "en": "Back on Monday"}, follow=True)
    assert messages_on(answer.text) == ["The widget is paused. Waiting requests are still called."]
    assert "Back on Monday" in Client().get(widget.get_absolute_url()).text
    assert widget.texts.get(language="fr").heading == "Bonjour"
    assert "End the pause" in answer.text
    staff.post(address)
    widget.refresh_from_db()
    assert not widget.is_paused
    assert trail() == ["widget.pause", "widget.resume"]
    # The message is kept for the next time.
    assert "Back on Monday" in staff.get(address).text


def test_too_long_a_message_changes_nothing(staff: Client) -> None:
    widget = make_widget()
    answer = staff.post(tool("pause", widget), {"en": "x" * 501})
    assert "at most 500 characters" in answer.text
    widget.refresh_from_db()
    assert not widget.is_paused
    assert trail() == []


# -- copies ----------------------------------------------------------------------------------
def test_a_copy_has_everything_but_the_identity(staff: Client) -> None:
    widget = make_request().widget
    Widget.objects.filter(pk=widget.pk).update(
        calls_per_minute=7, allowed_origins=["https://a.example.fr"], retention_months=5
    )
    WidgetText.objects.create(widget=widget, language="fr", heading="Bonjour")
    address = tool("duplicate", widget)
    assert f"{widget.name} (copy)" in staff.get(address).text
    assert Widget.objects.count() == 1
    staff.post(address, {"name": "Second"})
    widget.refresh_from_db()
    copy = Widget.objects.exclude(pk=widget.pk).get()
    assert copy.name == "Second"
    for field in Widget._meta.concrete_fields:
        same = getattr(copy, field.attname) == getattr(widget, field.attname)
        own = {"id", "name", "public_id", "identity_secret", "created_at"}
        assert same is (field.name not in own), field.name
    assert [text.heading for text in copy.texts.all()] == ["Bonjour"]
    assert widget.texts.count() == 1
    assert not copy.requests.exists()
    assert trail() == ["widget.add"]


def test_a_copy_of_a_widget_with_hours_has_its_open_periods(staff: Client) -> None:
    widget = make_widget(has_hours=True, opening_hours="Mo-Fr 09:00-12:00")
    open_periods.replace(widget, clock.now())
    staff.post(tool("duplicate", widget), {"name": "Second"})
    copy = Widget.objects.exclude(pk=widget.pk).get()
    own, copied = (one.open_periods.values_list("starts_at", "ends_at") for one in (widget, copy))
    assert set(copied) == set(own)
    assert own


def test_a_copy_does_not_say_that_its_hours_have_changed(staff: Client) -> None:
    widget = make_widget(hours_changed_at=clock.now(), has_old_times=True)
    staff.post(tool("duplicate", widget), {"name": "Second"})
    copy = Widget.objects.exclude(pk=widget.pk).get()
    assert (copy.hours_changed_at, copy.has_old_times) == (None, False)


# -- the secret ------------------------------------------------------------------------------
def test_the_secret_is_shown_on_demand_and_on_record(staff: Client) -> None:
    widget = make_widget()
    address = tool("secret", widget)
    for page in (address, change_url(widget)):
        assert widget.identity_secret not in staff.get(page).text
    assert trail() == []
    assert widget.identity_secret in staff.post(address, {"action": "show"}).text
    assert trail() == ["widget.secret_shown"]
    assert "no-store" in staff.post(address, {"action": "show"})["Cache-Control"]


def test_the_secret_is_replaced_once_confirmed(staff: Client) -> None:
    widget = make_widget()
    old = widget.identity_secret
    address = tool("secret", widget)
    staff.post(address, {"action": "replace"})
    widget.refresh_from_db()
    assert widget.identity_secret == old
    html = staff.post(address, {"action": "replace", "confirmed": "on"}).text
    widget.refresh_from_db()
    assert widget.identity_secret != old
    assert len(widget.identity_secret) == 43
    assert widget.identity_secret in html
    assert trail() == ["widget.secret_changed"]


# -- who may ---------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["pause", "duplicate", "secret", "allow"])
def test_only_who_may_change_widgets_uses_the_tools(name: str, agent: User) -> None:
    widget = make_widget()
    before = Widget.objects.values().get()
    looks = signed_in(make_staff("looks", "view_widget", "view_widgettext"))
    for client in (looks, signed_in(agent)):
        assert client.get(tool(name, widget)).status_code == 403
        data = {"action": "show", "confirmed": "on", "name": "x", "address": "x.fr"}
        assert client.post(tool(name, widget), data).status_code == 403
    assert tool(name, widget) not in looks.get(change_url(widget)).text
    assert Widget.objects.values().get() == before
    assert trail() == []


def test_a_copy_needs_the_right_to_add() -> None:
    widget = make_widget()
    client = signed_in(make_staff("changes", "view_widget", "change_widget"))
    assert client.post(tool("duplicate", widget), {"name": "x"}).status_code == 403
    assert tool("duplicate", widget) not in client.get(change_url(widget)).text
    assert client.get(tool("pause", widget)).status_code == 200


def test_preview_and_check_are_for_who_sees_widgets(agent: User) -> None:
    client = signed_in(agent)
    style = reverse("admin:callbacks_widget_preview_style", args=["aa3300"])
    assert client.post(PREVIEW).status_code == 403
    assert client.post(CHECK).status_code == 403
    assert client.get(style).status_code == 403
    looks = signed_in(make_staff("looks", "view_widget"))
    assert looks.get(style).status_code == 200
    assert looks.get(PREVIEW).status_code == 405
    assert looks.get(CHECK).status_code == 405
    assert looks.post(PREVIEW).status_code == 200
