"""Widgets in the admin: made, changed, found, and deleted only while nobody used them."""

import re
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import translation

from callbacks.intake import accept
from callbacks.lifecycle import retrying
from callbacks.models import AuditEntry, CallRequest, Widget, WidgetText
from callbacks.widgets import texts
from tests.support.factories import make_request, make_submission, make_widget
from tests.support.staff.pages import messages_on, signed_in
from tests.support.staff.widget_form import ADD, TEXTS, errors_of, filled_in

pytestmark = pytest.mark.django_db

LIST = reverse("admin:callbacks_widget_changelist")


def change_url(widget: Widget) -> str:
    return reverse("admin:callbacks_widget_change", args=[widget.pk])


def test_a_widget_is_made_with_its_texts(staff: Client) -> None:
    data = filled_in(**{"texts-0-heading": "On vous rappelle"})
    assert staff.post(ADD, data).status_code == 302
    widget = Widget.objects.get()
    assert (widget.name, widget.accent_colour) == ("Boutique", "#aa3300")
    assert widget.allowed_regions == ["FR", "RE"]
    assert widget.allowed_origins == ["https://www.example.fr", "https://shop.example.fr"]
    assert len(widget.public_id) == 16
    # The English text was left as offered: nothing to keep.
    assert [(t.language, t.heading) for t in widget.texts.all()] == [("fr", "On vous rappelle")]


def test_the_form_says_what_is_wrong(staff: Client) -> None:
    assert "XX is not one of the available choices" in errors_of(staff, allowed_regions=["XX"])
    assert "required" in errors_of(staff, allowed_regions=[])
    assert "For example #1d4ed8." in errors_of(staff, accent_colour="red")
    assert "https" in errors_of(staff, allowed_origins="ftp://example.fr")
    assert "“a=b” is not the name of a parameter" in errors_of(staff, campaign_names="a=b")


def test_campaign_parameters_are_named_on_one_line_and_stand_in_the_line_to_paste(
    staff: Client,
) -> None:
    assert staff.post(ADD, filled_in(campaign_names=" gclid, fbclid  gclid")).status_code == 302
    widget = Widget.objects.get()
    assert widget.campaign_names == ["gclid", "fbclid"]
    page = staff.get(change_url(widget)).text
    assert re.search(r'name="campaign_names" value="gclid fbclid"', page)
    assert 'campaign="gclid fbclid"' in unescape(page)
    assert staff.post(change_url(widget), filled_in(campaign_names="")).status_code == 302
    assert Widget.objects.get().campaign_names == []
    assert 'campaign="' not in unescape(staff.get(change_url(widget)).text)


def test_a_pasted_page_address_is_taken_as_its_site(staff: Client) -> None:
    pasted = "https://shop.example/contact?x=1#form\nshop.example/cart\nHTTPS://Shop.example:8443/a"
    assert staff.post(ADD, filled_in(allowed_origins=pasted)).status_code == 302
    assert Widget.objects.get().allowed_origins == [
        "https://shop.example",
        "https://shop.example:8443",
    ]


def test_france_is_chosen_for_a_new_widget(staff: Client) -> None:
    assert re.search(r'<option value="FR" selected>', staff.get(ADD).text)


@pytest.mark.parametrize("address", ["add", "change"])
def test_an_empty_text_shows_what_visitors_read_in_each_language(
    staff: Client, address: str
) -> None:
    widget = make_widget()
    WidgetText.objects.create(widget=widget, language="en", heading="Hello")
    html = unescape(staff.get(ADD if address == "add" else change_url(widget)).text)
    placeholders = re.findall(r'placeholder="([^"]*)"', html)
    for code, button in (("fr", "Rappelez-moi"), ("en", "Call me back")):
        with translation.override(code):
            ours = texts.completed(WidgetText(), Widget())
        assert ours.button == button
        for name in TEXTS:
            assert placeholders.count(getattr(ours, name)) == 1, (code, name)
    assert "Text: #" not in html
    for language in ("French", "English"):
        assert re.search(rf"<legend[^>]*>{language}</legend>", html)


def test_a_text_that_is_emptied_is_ours_again(staff: Client) -> None:
    widget = make_widget()
    text = WidgetText.objects.create(widget=widget, language="fr", heading="Bonjour")
    data = filled_in() | {
        "texts-INITIAL_FORMS": "1",
        "texts-0-id": str(text.pk),
        "texts-0-widget": str(widget.pk),
    }
    assert staff.post(change_url(widget), data).status_code == 302
    assert "Bonjour" not in Client().get(widget.get_absolute_url()).text
    text.refresh_from_db()
    assert text.heading == ""


def test_what_is_wrong_is_said_with_the_part_of_the_page_where_it_is(staff: Client) -> None:
    wrong = filled_in(**{"hourly_cap": "0", "daily_cap": "", "texts-1-heading": "x" * 101})
    html = staff.post(ADD, wrong).text
    told = re.search(r'id="wrong-tabs">(.*?)</p>', html, re.S)
    assert told
    words = " ".join(re.sub("<[^>]+>", " ", told[1]).split())
    assert words == "To correct: Texts (1), Limits (2)"
    assert 'href="#limits"' in told[1]


def test_the_public_id_is_shown_and_cannot_be_set(staff: Client) -> None:
    widget = make_widget()
    public_id = widget.public_id
    html = staff.get(change_url(widget)).content.decode()
    address = f"{settings.PUBLIC_URL}/w/{public_id}/"
    assert f'href="{address}"' in html
    assert f'data-copy="{address}"' in html
    assert 'name="public_id"' not in html
    assert "identity_secret" not in html
    assert widget.identity_secret not in html
    staff.post(change_url(widget), filled_in(public_id="mine", identity_secret="known"))
    changed = Widget.objects.get()
    assert changed.name == "Boutique"
    assert (changed.public_id, changed.identity_secret) == (public_id, widget.identity_secret)


def test_a_change_is_in_the_audit_trail(staff: Client, chief: User) -> None:
    staff.post(ADD, filled_in())
    widget = Widget.objects.get()
    staff.post(change_url(widget), filled_in(name="Other"))
    staff.post(reverse("admin:callbacks_widget_delete", args=[widget.pk]), {"post": "yes"})
    entries = AuditEntry.objects.filter(action__startswith="widget.").order_by("pk")
    assert [e.action for e in entries] == ["widget.add", "widget.change", "widget.delete"]
    assert {e.person for e in entries} == {chief}
    assert entries[1].facts == {"changed": ["name"]}


def test_the_list_shows_and_finds(staff: Client) -> None:
    make_widget(name="Lyon", originate="bot-lyon", allowed_regions=["FR", "BE"])
    make_widget(name="Nice", is_active=False)
    paused = make_widget(name="Brest", is_paused=True)
    html = staff.get(LIST).content.decode()
    for text in ("Active", "Inactive", "Paused", "FR, BE", "bot-lyon", paused.public_id):
        assert text in html
    for typed in ("Brest", paused.public_id, paused.originate):
        assert list(staff.get(LIST, {"q": typed}).context["cl"].result_list) == [paused]


def test_an_unused_widget_is_deleted_once_confirmed(staff: Client) -> None:
    widget = make_widget()
    WidgetText.objects.create(widget=widget, language="fr")
    address = reverse("admin:callbacks_widget_delete", args=[widget.pk])
    assert staff.get(address).status_code == 200
    assert Widget.objects.exists()
    staff.post(address, {"post": "yes"})
    assert not Widget.objects.exists()


def test_a_widget_with_requests_is_kept_and_the_page_says_why(staff: Client) -> None:
    widget = make_request().widget
    address = reverse("admin:callbacks_widget_delete", args=[widget.pk])
    for answer in (
        staff.get(address, follow=True),
        staff.post(address, {"post": "y"}, follow=True),
    ):
        (message,) = messages_on(answer.content.decode())
        assert "cannot be deleted, because it has requests" in message
        assert "untick" in message
    assert Widget.objects.exists()


def test_a_request_that_comes_during_the_deletion_keeps_the_widget(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = make_widget()
    delete = Widget.delete

    def somebody_asks_first(self: Widget, *args: Any, **kwargs: Any) -> Any:
        make_request(widget=self)
        return delete(self, *args, **kwargs)

    monkeypatch.setattr(Widget, "delete", somebody_asks_first)
    address = reverse("admin:callbacks_widget_delete", args=[widget.pk])
    answer = staff.post(address, {"post": "yes"}, follow=True)
    assert "cannot be deleted" in messages_on(answer.content.decode())[0]
    assert Widget.objects.filter(pk=widget.pk).exists()


def test_the_list_deletes_nothing(staff: Client) -> None:
    widget = make_widget()
    staff.post(LIST, {"action": "delete_selected", "index": "0", "_selected_action": [widget.pk]})
    assert Widget.objects.exists()


def test_an_agent_sees_no_widgets(agent: User) -> None:
    assert signed_in(agent).get(LIST).status_code == 403


def test_how_much_of_its_caps_is_used_up_stands_there(staff: Client, chief: User) -> None:
    widget = make_widget(hourly_cap=20, daily_cap=50)
    call_request = accept.accept(make_submission(widget)).call_request
    CallRequest.objects.update(status="failed")
    call_request.refresh_from_db()
    assert retrying.retry(call_request, chief)
    html = staff.get(change_url(widget)).content.decode()
    assert (
        "2 of 20 in the last hour; 2 of 50 in the last 24 hours, including 1 retried by staff"
        in html
    )
    assert "used up" in staff.get(ADD).content.decode().lower()


@pytest.mark.parametrize("character", ["\n", "\r\n", "\x1b", "\u2028", "\x85"])
@pytest.mark.parametrize("field", ["name", "originate", "texts-0-heading", "texts-0-button"])
def test_what_is_one_line_has_no_line_break(staff: Client, field: str, character: str) -> None:
    answer = staff.post(ADD, filled_in(**{field: f"Shop{character}Bcc: everybody"}))
    assert answer.status_code == 200
    assert "on one line" in answer.content.decode()
    assert not Widget.objects.exists()
