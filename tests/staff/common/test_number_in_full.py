"""A number that is shown in full can be called and copied, and the page says until when."""

import re
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from callbacks.abuse import block_list
from callbacks.models import BlockKind
from callbacks.staff.common import unmasking
from tests.support.factories import make_request
from tests.support.staff.pages import page_of, signed_in

pytestmark = pytest.mark.django_db

NUMBER = "+33612345678"
LINK = re.compile(r'<a class="[^"]*" href="tel:\+33612345678">\+33 6 12 34 56 78</a>')
BUTTON = f'data-copy="{NUMBER}"'


@pytest.fixture(autouse=True)
def at_1942(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 19:42 in Paris, the site's time zone."""
    now = datetime(2026, 1, 30, 18, 42, tzinfo=UTC).timestamp()
    monkeypatch.setattr(unmasking.time, "time", lambda: now)  # type: ignore[attr-defined]


def after_asking(client: Client, show: str, page: str, language: str = "en") -> str:
    assert LINK.search(client.get(page).text) is None
    assert client.post(show).status_code == 302
    return client.get(page, headers={"accept-language": language}).text


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "hidden again at 19:57"), ("fr", "de nouveau masqué à 19:57")],
)
def test_on_the_page_of_a_request(staff: Client, language: str, sentence: str) -> None:
    call_request = make_request(number=NUMBER)
    show = reverse("admin:callbacks_callrequest_show", args=[call_request.pk])
    html = after_asking(staff, show, page_of(call_request), language)
    assert LINK.search(html)
    assert BUTTON in html
    assert sentence in html


def test_on_the_block_list(staff: Client) -> None:
    block, _ = block_list.add(BlockKind.NUMBER, NUMBER, reason="asked")
    page = reverse("admin:callbacks_block_change", args=[block.pk])
    html = after_asking(staff, reverse("admin:callbacks_block_show", args=[block.pk]), page)
    assert LINK.search(html)
    assert BUTTON in html
    assert "hidden again at 19:57" in html
    assert "tel:" not in staff.get(reverse("admin:callbacks_block_changelist")).text


def test_the_beginning_of_numbers_is_no_number_to_call(staff: Client) -> None:
    block, _ = block_list.add(BlockKind.PREFIX, "+336123456", reason="asked")
    page = reverse("admin:callbacks_block_change", args=[block.pk])
    html = after_asking(staff, reverse("admin:callbacks_block_show", args=[block.pk]), page)
    assert "+336123456" in html
    assert "tel:" not in html


def test_on_the_page_of_personal_data_where_it_was_typed(staff: Client) -> None:
    html = staff.post(reverse("admin:privacy"), {"who": "06 12 34 56 78"}).text
    assert LINK.search(html)
    assert BUTTON in html
    assert "hidden again" not in html
    assert "tel:" not in staff.post(reverse("admin:privacy"), {"who": "jo@example.fr"}).text


def test_who_sees_it_masked_gets_no_link(onlooker: User) -> None:
    call_request = make_request(number=NUMBER)
    html = signed_in(onlooker).get(page_of(call_request)).text
    assert "tel:" not in html
    assert NUMBER not in html
