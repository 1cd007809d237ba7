"""Where the visitor asked from travels with the request, without what nobody asked for."""

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from callbacks.models import CallRequest
from callbacks.public.form import visit_source
from tests.support.factories import make_widget, post_form
from tests.support.forms import form_of


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("https://www.example.fr/boats", "https://www.example.fr/boats"),
        ("https://www.example.fr", "https://www.example.fr/"),
        ("http://shop.localhost:8020/a", "http://shop.localhost:8020/a"),
        (
            "https://x.fr/?utm_source=a&token=secret&utm_medium=b",
            "https://x.fr/?utm_source=a&utm_medium=b",
        ),
        ("https://x.fr/?token=secret", "https://x.fr/"),
        ("https://x.fr/?UTM_SOURCE=a&xutm_source=b", "https://x.fr/"),
        ("https://x.fr/#access_token=secret", "https://x.fr/"),
        ("https://jo:secret@x.fr/", "https://x.fr/"),
        ("https://[::1]:8000/", "https://[::1]:8000/"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("//x.fr/", ""),
        ("https://", ""),
        ("https://x.fr:99999/", ""),
        ("https://[", ""),
        ("", ""),
        ("https://x.fr/\x00\x1f\u202e", "https://x.fr/"),
        ("https://x.fr/" + "a" * 900, "https://x.fr/" + "a" * 487),
        ("https://x.fr/?" + "&".join(f"utm_{c}={'v' * 300}" for c in "abcdefgh"), "https://x.fr/"),
        (
            "https://x.fr/?" + "&".join(f"a={n}" for n in range(500)) + "&utm_source=a",
            "https://x.fr/",
        ),
    ],
)
def test_of_an_address_only_this_is_kept(sent: str, kept: str) -> None:
    assert visit_source.clean_address(sent) == kept


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("?gclid=Ab_1-2&utm_source=a&token=secret", "?gclid=Ab_1-2&utm_source=a"),
        ("?GCLID=1&xgclid=1&gclid_=1&=1&gclid", ""),
        ("?gcl%69d=1", "?gclid=1"),  # the loader has left it out; it is the same name
        ("?li-fat=%E9", "?li-fat=%EF%BF%BD"),
        ("#gclid=1", ""),
        ("?next=?gclid=1", ""),
        ("?gclid=" + "x" * 400, "?gclid=" + "x" * 300),
    ],
)
def test_parameters_that_the_widget_names_are_kept_beside_utm(sent: str, kept: str) -> None:
    assert visit_source.clean_address(f"https://x.fr/{sent}", ["gclid", "li-fat"]) == (
        f"https://x.fr/{kept}"
    )


@pytest.mark.django_db
def test_each_widget_keeps_its_own_parameters_only() -> None:
    page = "https://www.example.fr/?gclid=A1&fbclid=B2&utm_source=news"
    for number, names in (("06 12 34 56 78", ["gclid"]), ("06 12 34 56 79", [])):
        widget = make_widget(campaign_names=names)
        post_form(Client(), widget, number=number, page_url=page, referrer=page)
    first, second = CallRequest.objects.order_by("pk")
    assert first.campaign == {"gclid": "A1", "utm_source": "news"}
    assert first.page_url == first.referrer == ("https://www.example.fr/?gclid=A1&utm_source=news")
    assert second.campaign == {"utm_source": "news"}
    assert second.page_url == second.referrer == "https://www.example.fr/?utm_source=news"


@pytest.mark.django_db
def test_a_form_that_comes_back_and_the_referer_keep_the_widgets_parameters() -> None:
    widget = make_widget(campaign_names=["gclid"])
    page = "https://x.fr/?gclid=A1&id=2"
    answer = post_form(Client(), widget, number="", page_url=page)
    assert 'name="page_url" value="https://x.fr/?gclid=A1"' in answer.content.decode()
    form = form_of(Client(), widget, headers={"Referer": page})
    assert form.fields["page_url"] == "https://x.fr/?gclid=A1"


@given(st.text(), st.text(), st.text())
def test_whatever_comes_is_short_and_printable(url: str, title: str, referrer: str) -> None:
    origin = visit_source.read(
        {"page_url": f"https://x.fr/?{url}", "page_title": title, "referrer": referrer}, ["gclid"]
    )
    assert len(origin.page_url) <= 500
    assert len(origin.page_title) <= 200
    assert len(origin.referrer) <= 500
    assert len(origin.campaign) <= 15
    for text in (origin.page_url, origin.page_title, origin.referrer, *origin.campaign.values()):
        text.encode()
        assert "\x00" not in text


@pytest.mark.django_db
def test_a_visit_source_travels_with_the_request() -> None:
    post_form(
        Client(),
        make_widget(),
        page_url="https://www.example.fr/boats?utm_source=news&utm_campaign=été&id=7",
        page_title="Boats\n & more",
        referrer="https://search.example/?q=secret",
    )
    call_request = CallRequest.objects.get()
    assert call_request.page_url.startswith("https://www.example.fr/boats?utm_source=news")
    assert "id=7" not in call_request.page_url
    assert call_request.page_title == "Boats & more"
    assert call_request.referrer == "https://search.example/"
    assert call_request.campaign == {"utm_source": "news", "utm_campaign": "été"}


@pytest.mark.django_db
def test_without_a_script_the_browsers_referer_is_taken() -> None:
    widget, client = make_widget(), Client()
    form = form_of(client, widget, headers={"Referer": "https://www.example.fr/"})
    assert form.fields["page_url"] == "https://www.example.fr/"
    for own in ("http://testserver/w/x/", "", "about:blank"):
        assert "page_url" not in form_of(client, widget, headers={"Referer": own}).fields


@pytest.mark.django_db
def test_a_visit_source_survives_a_form_that_comes_back() -> None:
    response = post_form(Client(), make_widget(), number="", page_url="https://x.fr/?a=b#c")
    assert response.status_code == 422
    assert '<input type="hidden" name="page_url" value="https://x.fr/">' in (
        response.content.decode()
    )
