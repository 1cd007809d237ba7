"""The example of docs/api.md asks for a call in a real browser, from an allowed site alone."""

import re

import pytest
from django.conf import settings

from callbacks.models import CallRequest
from tests.support.browsers.shop import Shop
from tests.support.browsers.start import NAMES, browser
from tests.support.factories import make_widget
from tests.support.sandbox_process import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CALL = """
window.told = null;
callMe("06 12 34 56 78", "jo@example.fr", "fr").then(
  (told) => { window.told = told },
  (error) => { window.told = { error: error.name } },
);
"""


def example(site: str, public_id: str) -> str:
    text = (ROOT / "docs" / "api.md").read_text()
    [script] = re.findall(r"```html\n<script>\n(.*?)</script>\n```", text, re.DOTALL)
    script = script.replace("https://callback.example.fr", site).replace("PUBLIC_ID", public_id)
    return f"<script>{script}</script>"


@pytest.mark.parametrize("name", NAMES)
def test_a_page_of_an_allowed_site_asks_for_a_call_and_another_cannot(
    name: str, site: str, shop: Shop
) -> None:
    shop.headers = {}
    ours = make_widget(allowed_origins=[shop.url])
    theirs = make_widget(allowed_origins=["https://other.example"])
    with browser(name) as window:
        window.open(shop.page("/theirs", "", head=example(site, theirs.public_id)))
        window.js(CALL)
        assert window.wait("return window.told") == {"error": "TypeError"}
        assert not CallRequest.objects.exists()
        window.open(shop.page("/ours", "", head=example(site, ours.public_id)))
        window.js(CALL)
        told = window.wait("return window.told")
    row = CallRequest.objects.filter(public_id=told.get("id")).first()
    assert row is not None, told
    assert told["status_url"] == f"{settings.PUBLIC_URL}/r/{row.token}/"
    assert (row.language, row.widget) == ("fr", ours)
