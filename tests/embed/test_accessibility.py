"""axe finds nothing: on the host's page and, one by one, in each of its frames."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from pytest_django import Settings

from callbacks.models import CallRequest, Status, Topic, Widget
from callbacks.visitor_mails import opt_out
from callbacks.widgets import cache as widget_cache
from tests.support.browsers.pages import FORM, box, element, loaded
from tests.support.browsers.shop import Shop
from tests.support.browsers.start import browser
from tests.support.extra_fields import CUSTOMER, NAME, ORDER, SUBJECT, required
from tests.support.factories import make_request, make_widget
from tests.support.topics import offering

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def nothing_found(window: Any, where: str) -> None:
    for frame in window.page.frames:
        found = [
            f"{where}: {frame.url}: {rule['id']} {[node['html'] for node in rule['nodes']]}"
            for rule in Axe().run(frame).response["violations"]
        ]
        assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_question_about_the_topic_without_a_pointer(site: str, scheme: str) -> None:
    """Also when a form comes back because its topic is gone."""
    offers = offering(keys=("sales", "support", "jobs"))
    with browser("chromium") as window:
        window.page.emulate_media(color_scheme=scheme)
        window.open(site + offers.get_absolute_url())
        nothing_found(window, "the question")
        window.page.keyboard.press("Tab")
        window.page.keyboard.press("Enter")
        window.page.wait_for_selector("#number")
        nothing_found(window, "the form")
        Topic.objects.filter(key="sales").delete()
        widget_cache.forget()
        window.type("#number", "06 12 34 56 78")
        window.page.keyboard.press("Enter")
        window.page.wait_for_selector("#problem")
        nothing_found(window, "the question again")
        window.page.keyboard.press("Tab")
        window.page.keyboard.press("Enter")
        window.page.wait_for_selector("#number")
        assert window.js("return document.querySelector('#number').value") == "06 12 34 56 78"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state(site: str, shop: Shop, widget: Widget, scheme: str) -> None:
    content = element(site, widget, 'mode="floating"') + element(site, widget, 'mode="inline"')
    url = shop.page("/boats", content)
    with browser("chromium") as window:
        window.page.emulate_media(color_scheme=scheme)
        loaded(window, url)
        nothing_found(window, "before")
        window.page.click("call-me-back .float")
        window.wait(FORM, 0)
        window.wait(f'return {box()}.ariaLabel === "We\'ll call you back"')
        nothing_found(window, "the form")
        window.click("form button", 0)
        window.wait("return Boolean(document.getElementById('problem'))", 0)
        nothing_found(window, "problems")
        window.type("#number", "06 12 34 56 78", 0)
        window.type("#email", "jo@example.fr", 0)
        window.click("#consent", 0)
        window.click("form button", 0)
        for status in Status:
            CallRequest.objects.update(status=status)
            window.wait(f"return document.querySelector('main')?.dataset.status === '{status}'", 0)
            nothing_found(window, status)
            if status == Status.CALLED:
                break
        window.page.keyboard.press("Escape")
        window.page.click("call-me-back >> nth=1")
        window.wait(FORM, 1)
        nothing_found(window, "inline")


@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "fr")])
@pytest.mark.parametrize("kind", ["public", "embed"])
def test_every_page(kind: str, scheme: str, language: str, site: str, settings: Settings) -> None:
    """By itself, and as it is in a frame."""
    settings.MAIL_IS_SET = True
    widget = make_widget(accent_colour="#fde047", language=language, mails_visitors=True)
    asked = {status: make_request(widget=widget, status=status) for status in Status}
    waiting = asked[Status.QUEUED].token
    paused = make_widget(is_paused=True)
    asking = make_widget(
        language=language, extra_fields=[*map(required, (ORDER, SUBJECT, CUSTOMER)), NAME]
    )
    pages = [
        reverse(f"{kind}:form", args=[asking.public_id]),
        reverse(f"{kind}:form", args=[widget.public_id]),
        reverse(f"{kind}:form", args=[paused.public_id]),
        reverse(f"{kind}:form", args=["none"]),
        *(reverse(f"{kind}:status", args=[request.token]) for request in asked.values()),
        reverse(f"{kind}:no_emails", args=[waiting]),
        reverse("public:stop_emails", args=[opt_out.code_of("f" * 40)]),
        *(reverse(f"{kind}:{what}", args=[waiting]) for what in ("number", "cancel", "never")),
    ]
    with browser("chromium") as window:
        window.page.emulate_media(color_scheme=scheme)
        for path in pages:
            window.open(site + path)
            nothing_found(window, path)
        window.open(site + pages[-3])
        window.click("form button")
        window.wait("return Boolean(document.getElementById('problem'))")
        nothing_found(window, "a number that will not do")
        window.open(site + pages[0])
        window.click("form button")
        window.wait("return Boolean(document.getElementById('field_customer-error'))")
        nothing_found(window, "additional fields that were left empty")
