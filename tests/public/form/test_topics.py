"""A widget may ask what a call is about; the widget of the topic then takes the request."""

import re
from typing import Any

import pytest
from django.test import Client

from callbacks.abuse import detection
from callbacks.core import clock
from callbacks.models import CallRequest, Refusal, RefusalKind, Topic, Widget, WidgetText
from callbacks.public.form import identity
from callbacks.public.status import sender
from callbacks.widgets import cache as widget_cache
from tests.support.factories import make_widget
from tests.support.forms import FILLED, Form, forms_on
from tests.support.topics import offering, target_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return Client(headers={"Accept-Language": "en"})


def links(page: str) -> dict[str, str]:
    """Return the address of each topic on the page, by its label."""
    found = re.findall(r'<a class="button" href="([^"]+)">([^<]+)</a>', page)
    return {label: address.replace("&amp;", "&") for address, label in found}


def form_at(client: Client, address: str, **more: Any) -> Form:
    return forms_on(client.get(address, **more))[0]


def send(client: Client, form: Form, **changed: str) -> Any:
    return client.post(form.action, form.fields | FILLED | changed)


def test_visitors_are_asked_what_it_is_about_before_the_form(client: Client) -> None:
    widget = offering()
    page = client.get(widget.get_absolute_url() + "?utm_source=mail&lang=fr")
    assert page.status_code == 200
    assert not forms_on(page)
    assert list(links(page.text)) == ["Sales (fr)", "Support (fr)"]
    assert 'lang="fr"' in page.text
    address = links(page.text)["Sales (fr)"]
    assert {"utm_source=mail", "lang=fr", "topic=sales"} < set(address.partition("?")[2].split("&"))


def test_the_form_of_a_topic_is_that_of_its_widget_and_so_is_the_request(client: Client) -> None:
    sales = make_widget(company_name="Sales & Co", email_required=False)
    WidgetText.objects.create(widget=sales, language="en", heading="Talk to sales")
    widget = offering(sales, make_widget(), accent_colour="#aa0000")
    page = client.get(links(client.get(widget.get_absolute_url()).text)["Sales"])
    assert "Talk to sales" in page.text
    assert f'href="/w/{widget.public_id}/style.' in page.text
    form = forms_on(page)[0]
    assert form.action.startswith(f"/w/{widget.public_id}/?")
    answer = send(client, form, email="")
    call_request = CallRequest.objects.get()
    assert (answer.status_code, call_request.widget) == (303, sales)
    assert answer.headers["Location"] == f"/r/{call_request.token}/"
    # The same form again leads to the same request.
    assert send(client, form, email="").headers["Location"] == answer.headers["Location"]
    assert CallRequest.objects.count() == 1


def test_the_way_back_is_there_unless_the_page_chose_the_topic(client: Client) -> None:
    widget = offering(language="en")
    chosen = client.get(links(client.get(widget.get_absolute_url()).text)["Sales"]).text
    assert f'<a href="/w/{widget.public_id}/">Choose another topic</a>' in chosen
    preset = client.get(f"{widget.get_absolute_url()}?topic=sales").text
    assert "Choose another topic" not in preset
    assert "topic=sales" in preset
    framed = client.get(f"/embed/{widget.public_id}/?theme=dark&topic=sales&chosen=1").text
    assert f'<a href="/embed/{widget.public_id}/?theme=dark">Choose another topic</a>' in framed


@pytest.mark.parametrize("active", [0, 1])
def test_with_fewer_than_two_active_topics_nothing_changes(client: Client, active: int) -> None:
    widget = offering()
    keys = ["sales", "support"][active:]
    for key in keys:
        target = target_of(widget, key)
        target.is_active = False
        target.save()
    for address in ("?topic=sales", "?topic=nonsense", ""):
        form = form_at(client, widget.get_absolute_url() + address)
        assert form.action.partition("?")[2] == "lang=en"
    assert send(client, form).status_code == 303
    assert CallRequest.objects.get().widget == widget


def test_a_widget_may_be_one_of_its_own_topics(client: Client) -> None:
    widget = make_widget()
    for position, (key, target) in enumerate([("sales", make_widget()), ("else", widget)]):
        Topic.objects.create(
            widget=widget, key=key, labels={"en": key}, target=target, position=position
        )
    form = form_at(client, f"{widget.get_absolute_url()}?topic=else&chosen=1")
    assert "topic=else" in form.action
    assert send(client, form).status_code == 303
    assert CallRequest.objects.get().widget == widget


@pytest.mark.parametrize("key", ["nonsense", "x" * 3000, "é", "sales\n"])
def test_an_unknown_topic_leads_to_the_question(client: Client, key: str) -> None:
    widget = offering()
    page = client.get(widget.get_absolute_url(), {"topic": key})
    assert page.status_code == 200
    assert len(links(page.text)) == 2


def test_a_topic_that_is_gone_loses_nothing_that_was_typed(client: Client) -> None:
    widget = offering(keys=("sales", "support", "jobs"))
    form = form_at(client, f"{widget.get_absolute_url()}?topic=sales&chosen=1")
    Topic.objects.get(widget=widget, key="sales").delete()
    page = send(client, form)
    assert page.status_code == 422
    assert "This topic is no longer offered" in page.text
    [again] = forms_on(page)
    assert again.fields["number"] == FILLED["number"]
    assert "consent" not in again.fields
    [action] = re.findall(r'<button formaction="([^"]+)">Support<', page.text)
    moved = client.post(action.replace("&amp;", "&"), again.fields)
    assert moved.status_code == 422
    assert "The form has changed" in moved.text
    last = forms_on(moved)[0]
    assert last.fields["number"] == FILLED["number"]
    assert "consent" not in last.fields
    assert client.post(last.action, last.fields | {"consent": "on"}).status_code == 303
    assert CallRequest.objects.get().widget == target_of(widget, "support")


def test_a_topic_that_is_gone_leaves_the_form_of_the_widget_if_nothing_is_to_choose(
    client: Client,
) -> None:
    widget = offering()
    form = form_at(client, f"{widget.get_absolute_url()}?topic=sales")
    Topic.objects.get(widget=widget, key="sales").delete()
    page = send(client, form)
    assert (page.status_code, "The form has changed" in page.text) == (422, True)
    again = forms_on(page)[0]
    assert "consent" not in again.fields
    assert client.post(again.action, again.fields | {"consent": "on"}).status_code == 303
    assert CallRequest.objects.get().widget == widget


@pytest.mark.parametrize("gone", ["topic", "target", "widget", "choice"])
def test_a_form_that_was_accepted_leads_to_its_request_after_its_topic_is_gone(
    client: Client, gone: str
) -> None:
    widget = offering(keys=("sales", "support", "jobs"))
    form = form_at(client, f"{widget.get_absolute_url()}?topic=sales")
    first = send(client, form)
    row = Topic.objects.get(widget=widget, key="sales")
    if gone == "topic":
        row.delete()
    elif gone == "choice":
        Topic.objects.filter(widget=widget).delete()
        widget_cache.forget()
    else:
        changed = row.target if gone == "target" else widget
        changed.is_active = False
        changed.save()
    again = send(client, form)
    assert (again.status_code, again.headers["Location"]) == (303, first.headers["Location"])
    assert CallRequest.objects.count() == 1


def test_the_token_of_one_topic_is_not_taken_for_another(client: Client) -> None:
    widget = offering()
    form = form_at(client, f"{widget.get_absolute_url()}?topic=sales")
    form.action = form.action.replace("topic=sales", "topic=support")
    assert send(client, form).status_code == 422
    assert not CallRequest.objects.exists()


def test_a_form_from_before_there_were_topics_is_taken(client: Client) -> None:
    widget = make_widget()
    form = form_at(client, widget.get_absolute_url())
    for position, key in enumerate(["sales", "support"]):
        Topic.objects.create(
            widget=widget, key=key, labels={"en": key}, target=make_widget(), position=position
        )
    assert send(client, form).status_code == 303
    assert CallRequest.objects.get().widget == widget


def test_a_pause_of_the_widget_stops_all_its_topics_and_that_of_a_topic_only_itself(
    client: Client,
) -> None:
    widget = offering()
    sales = target_of(widget, "sales")
    form = form_at(client, f"{widget.get_absolute_url()}?topic=sales")
    widget.is_paused = True
    widget.save()
    assert not links(client.get(widget.get_absolute_url()).text)
    assert not forms_on(client.get(f"{widget.get_absolute_url()}?topic=sales"))
    assert send(client, form).status_code == 422
    assert Refusal.objects.get().kind == RefusalKind.PAUSED
    widget.is_paused, sales.is_paused = False, True
    widget.save()
    sales.save()
    assert len(links(client.get(widget.get_absolute_url()).text)) == 2
    assert not forms_on(client.get(f"{widget.get_absolute_url()}?topic=sales"))
    assert forms_on(client.get(f"{widget.get_absolute_url()}?topic=support"))
    assert not CallRequest.objects.exists()


def ancestors(response: Any) -> str:
    [found] = re.findall(r"frame-ancestors ([^;]+)", response.headers["Content-Security-Policy"])
    return str(found)


def test_the_sites_of_the_widget_may_show_the_forms_and_requests_of_its_topics(
    client: Client,
) -> None:
    sales = make_widget(allowed_origins=["https://sales.example"])
    widget = offering(sales, make_widget(), allowed_origins=["https://shop.example"])
    form = form_at(client, f"/embed/{widget.public_id}/?topic=sales")
    page = client.get(f"/embed/{widget.public_id}/?topic=sales")
    assert ancestors(page) == "https://shop.example"
    location = send(client, form).headers["Location"]
    assert location.startswith("/embed/r/")
    assert set(ancestors(client.get(location)).split()) == {
        "https://sales.example",
        "https://shop.example",
    }
    own = client.get(f"/embed/{sales.public_id}/")
    assert set(ancestors(own).split()) == {"https://sales.example", "https://shop.example"}
    # No site gains anything from a topic that the widget of its own does not offer.
    other = client.get(f"/embed/{make_widget(allowed_origins=['https://a.example']).public_id}/")
    assert ancestors(other) == "https://a.example"


def test_the_site_signs_for_the_widget_that_it_shows(client: Client) -> None:
    widget = offering()
    form = form_at(client, f"{widget.get_absolute_url()}?topic=sales")
    expires = str(int(clock.now().timestamp()) + 600)
    signed = {"identity_expires": expires}
    number, email = FILLED["number"], FILLED["email"]
    wrong = identity.sign(target_of(widget, "sales"), number, email, expires)
    assert send(client, form, **signed, identity_signature=wrong).status_code == 422
    right = identity.sign(widget, number, email, expires)
    assert send(client, form, **signed, identity_signature=right).status_code == 303
    assert CallRequest.objects.get().is_verified


def test_the_site_with_the_link_is_kept_across_the_question(client: Client) -> None:
    widget = offering()
    came = {"Referer": "https://shop.example/prices?utm_source=mail&secret=1"}
    page = client.get(widget.get_absolute_url(), headers=came)
    form = form_at(client, links(page.text)["Sales"], headers={"Sec-Fetch-Site": "same-origin"})
    assert form.fields["page_url"] == "https://shop.example/prices?utm_source=mail"


def test_topics_cost_no_query_where_there_are_none_and_one_where_there_are(
    client: Client, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kept in (detection.findings, widget_cache._known):
        monkeypatch.setattr(kept, "seconds", 3600.0)  # longer than this test takes anywhere
    plain, widget = make_widget(), offering()
    client.get(plain.get_absolute_url())
    client.get(f"{widget.get_absolute_url()}?topic=sales")
    widget_cache.forget()
    with django_assert_num_queries(2):
        client.get(plain.get_absolute_url())
    with django_assert_num_queries(3):
        client.get(widget.get_absolute_url())
    with django_assert_num_queries(3):
        client.get(f"{widget.get_absolute_url()}?topic=sales")
    with django_assert_num_queries(0):
        client.get(f"{widget.get_absolute_url()}?topic=sales")
        client.get(widget.get_absolute_url())


def test_hostile_labels_are_only_text(client: Client) -> None:
    widget: Widget = offering()
    Topic.objects.filter(widget=widget, key="sales").update(labels={"en": "<script>&\"'"})
    widget_cache.forget()
    page = client.get(widget.get_absolute_url() + "?<script>=<script>").text
    assert "<script>" not in page.partition("<h1>")[2]


def test_the_request_keeps_the_topic_as_the_visitor_read_it(client: Client) -> None:
    widget = offering(make_widget(language="fr"), make_widget())
    send(client, form_at(client, f"{widget.get_absolute_url()}?topic=sales"))
    Topic.objects.all().delete()
    call_request = CallRequest.objects.get()
    assert (call_request.topic, call_request.topic_label) == ("sales", "Sales (fr)")
    assert call_request.offered_by == widget


def test_a_request_that_is_about_no_topic_has_none(client: Client) -> None:
    widget = make_widget()
    send(client, form_at(client, widget.get_absolute_url()))
    call_request = CallRequest.objects.get()
    assert (call_request.topic, call_request.topic_label, call_request.offered_by) == (
        None,
        "",
        None,
    )


def test_the_widget_that_is_its_own_topic_is_kept_as_the_one_that_offered_it(
    client: Client,
) -> None:
    widget = make_widget()
    for key, target in (("sales", make_widget()), ("rest", widget)):
        Topic.objects.create(
            widget=widget, key=key, labels={"en": key.title()}, target=target, position=1
        )
    send(client, form_at(client, f"{widget.get_absolute_url()}?topic=rest"))
    call_request = CallRequest.objects.get()
    assert (call_request.topic_label, call_request.offered_by) == ("Rest", widget)


def test_who_asks_again_sees_the_form_of_the_same_topic(client: Client) -> None:
    widget = offering()
    send(client, form_at(client, f"{widget.get_absolute_url()}?topic=sales"))
    first = CallRequest.objects.get()
    key = sender.key_of_first_view(first)
    address = f"{first.get_absolute_url()}again/"

    def form() -> Form:
        return forms_on(client.post(address, {sender.FIELD: key}))[0]

    def elsewhere() -> str:
        """Return where those are sent who did not send the request."""
        return str(Client().get(address).headers["Location"])

    assert form().action == f"/w/{widget.public_id}/?lang=en&topic=sales"
    assert form().fields["number"] == "+33 6 12 34 56 78"
    assert elsewhere() == f"/w/{widget.public_id}/?lang=en&topic=sales"
    Widget.objects.filter(pk=widget.pk).update(is_paused=True)
    widget_cache.forget()
    assert not forms_on(client.post(address, {sender.FIELD: key}))
    # Once the topic is gone, it is the form of the widget that took the request.
    Topic.objects.all().delete()
    assert form().action == f"/w/{first.widget.public_id}/?lang=en"
    Widget.objects.filter(pk=widget.pk).update(is_active=False)
    assert elsewhere() == f"/w/{first.widget.public_id}/?lang=en"
