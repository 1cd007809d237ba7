"""The visitor reads who calls, about which privacy page, and from which number."""

import html
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from callbacks.core import clock
from callbacks.dispatch import call_switch
from callbacks.models import CallRequest, ConsentText, Reason, Status, Widget, WidgetText
from tests.support.factories import make_request, make_widget, post_form
from tests.support.forms import FILLED, form_of

pytestmark = pytest.mark.django_db

PRIVACY = "https://www.example.fr/privacy"
LINK = f'<a href="{PRIVACY}" target="_blank" rel="noopener">'


def page(widget: Widget) -> str:
    return html.unescape(Client().get(widget.get_absolute_url()).content.decode())


def shop(**fields: Any) -> Widget:
    return make_widget(**{"language": "en", "company_name": "Atelier"} | fields)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "I agree to be called once at this number by Atelier, through a voice robot"),
        ("fr", "appelé une seule fois à ce numéro par Atelier, au moyen d’un robot vocal"),
    ],
)
def test_our_consent_text_names_the_company(language: str, sentence: str) -> None:
    assert sentence in page(shop(language=language))


def test_the_privacy_page_is_linked_beside_the_box_and_kept_with_the_consent() -> None:
    widget = shop(privacy_url=PRIVACY)
    assert f"{LINK}Privacy policy (new tab)</a>" in page(widget)
    assert "Privacy policy" not in page(shop())
    assert post_form(Client(), widget).status_code == 303
    call_request, text = CallRequest.objects.get(), ConsentText.objects.get()
    assert call_request.consent_text == text.text
    assert text.text.endswith(f"during the call.\nPrivacy policy: {PRIVACY}")


def test_another_privacy_page_is_another_version_and_asks_again() -> None:
    widget = shop(privacy_url=PRIVACY)
    post_form(Client(), widget)
    form = form_of(Client(), widget)
    widget.privacy_url = f"{PRIVACY}/2"
    widget.save()
    answer = Client().post(form.action, form.fields | FILLED | {"number": "06 87 65 43 21"})
    assert "The consent text has changed." in answer.content.decode()
    assert CallRequest.objects.count() == 1
    assert post_form(Client(), widget, number="06 87 65 43 21").status_code == 303
    assert [text.version for text in ConsentText.objects.order_by("version")] == [1, 2]


def test_a_consent_text_that_contains_the_address_links_it_there() -> None:
    widget = shop(privacy_url=PRIVACY)
    own = f"Call me, as <{PRIVACY}> says."
    WidgetText.objects.create(widget=widget, language="en", consent=own)
    text = Client().get(widget.get_absolute_url()).content.decode()
    assert f"Call me, as &lt;{LINK}{PRIVACY}</a>&gt; says.</label>" in text
    assert "Privacy policy" not in text
    post_form(Client(), widget)
    assert ConsentText.objects.get().text == own


SHOWN = "01\u00a023\u00a045\u00a067\u00a089"
TOLD = [
    (Status.QUEUED, "", f"The call comes from {SHOWN}."),
    (Status.CALLING, "", f"The call comes from {SHOWN}."),
    (Status.CALLED, "", f"The call comes from {SHOWN}."),
    (Status.CALLED, Reason.BY_STAFF, ""),
    (Status.UNCERTAIN, Reason.NO_ANSWER, ""),
    (Status.FAILED, Reason.REFUSED, ""),
    (Status.CANCELLED, Reason.BY_VISITOR, ""),
]


@pytest.mark.parametrize(("status", "reason", "sentence"), TOLD)
def test_the_status_page_says_which_number_calls(status: str, reason: str, sentence: str) -> None:
    widget = shop(caller_number="+33123456789")
    call_request = make_request(widget=widget, language="en", status=status, reason=reason)
    text, state = told(call_request)
    assert text.endswith(sentence)
    assert (SHOWN in text) == bool(sentence)
    assert state in html.unescape(text_of(call_request))
    without = make_request(widget=shop(), language="en", status=status, reason=reason)
    assert "from" not in told(without)[0].replace("will be", "")


def test_no_status_is_left_out() -> None:
    assert {status for status, *_rest in TOLD} == set(Status)


def test_later_the_status_page_says_which_number_called() -> None:
    widget = shop(caller_number="+33123456789")
    at = clock.now() - timedelta(minutes=2)
    french = make_request(widget=widget, language="fr", status=Status.CALLED, status_at=at)
    assert told(french)[0].endswith(f"L’appel provenait du {SHOWN}.")


def test_a_call_that_will_not_come_comes_from_nowhere() -> None:
    call_request = make_request(widget=shop(caller_number="+33123456789"), language="en")
    call_switch.stop("anne")
    assert SHOWN not in told(call_request)[0]


def told(call_request: CallRequest) -> tuple[str, str]:
    text: str = Client().get(f"{call_request.get_absolute_url()}state/").json()["text"]
    return text, text


def text_of(call_request: CallRequest) -> str:
    return Client().get(call_request.get_absolute_url()).content.decode()
