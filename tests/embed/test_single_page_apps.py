"""Pages that change under the widget: several widgets, coming and going, commands at any time."""

import pytest

from callbacks.models import Widget
from tests.support.browsers.pages import EVENTS, FORM, box, element, frames, loaded, told, top_of
from tests.support.browsers.shop import Shop
from tests.support.browsers.start import NAMES, browser
from tests.support.factories import make_widget

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("name", NAMES)
def test_widgets_come_and_go(name: str, site: str, shop: Shop, widget: Widget) -> None:
    other = make_widget(allowed_origins=[shop.url], language="fr")
    trigger = f'<button id="any" data-callmeback-open="{other.public_id}">Or here</button>'
    content = element(site, widget, 'mode="inline" id="first"') + trigger
    content += element(site, other, 'mode="floating" accent="#0f766e" theme="dark" id="second"')
    url = shop.page("/app", content)
    with browser(name) as window:
        window.open("about:blank")
        loaded(window, url)
        before = window.js(top_of("#after"))

        # Two widgets know nothing of each other.
        window.click("#first a")
        window.wait(FORM, 0)
        assert frames(window) == 1
        window.click("#any")
        window.wait(FORM, 1)
        assert window.js("return document.documentElement.lang", 1) == "fr"
        assert window.js("return document.documentElement.dataset.theme", 1) == "dark"
        ground = "return getComputedStyle(document.documentElement).backgroundColor"
        window.until(lambda: window.js(ground, 1) == "rgb(32, 36, 44)", "the dark style")
        window.js("document.getElementById('number').value = '1'", 0)
        assert window.js("return document.getElementById('number').value", 1) == ""
        window.js("CallMeBack('close', document.querySelector('#second'))")
        assert window.js(f"return {box(1)}.open") is False
        assert window.js("return document.activeElement.id") == "any"
        window.until(lambda: told(window) == ["open", "open", "closed"], "the events")

        # Away with the page and back with it, as a router does.
        window.js(
            """
            window.main = document.querySelector("main");
            history.pushState({}, "", "/app/other");
            main.remove();
            """
        )
        assert frames(window) == 0
        window.js("document.body.append(main)")
        assert frames(window) == 0
        assert window.js(top_of("#after")) == before
        window.js("CallMeBack('prefill', { number: '0611223344' })")
        window.js(f"CallMeBack('open', '{widget.public_id}')")
        window.wait("return document.getElementById('number')?.value === '0611223344'", 0)
        assert window.js("return document.querySelector('[name=page_url]').value", 0).endswith(
            "/app/other"
        )

        # Nothing is left: no frame, no listener; and it all works again afterwards.
        window.js("CallMeBack('destroy')")
        assert frames(window) == 0
        left = "return document.querySelector('#first').shadowRoot.innerHTML"
        assert window.js(left) == "<slot></slot>"
        window.js("document.querySelector('#any').click()")
        assert frames(window) == 0
        window.js(EVENTS)
        window.js("main.remove(); document.body.append(main)")
        window.click("#any")
        window.wait(FORM, 1)
        assert window.js("return document.getElementById('number').value", 1) == ""
        assert shop.stopped == []


@pytest.mark.parametrize("name", NAMES)
def test_hydration_finds_what_the_server_had_rendered(
    name: str, site: str, shop: Shop, widget: Widget
) -> None:
    """Outside its shadow root the element is what it was, upgraded, opened and destroyed; and one
    that a framework makes anew, as it does where it finds a difference, works as well.
    """
    html = element(site, widget, 'mode="inline"')
    with browser(name) as window:
        loaded(window, shop.page("/hydrated", f'<div id="app">{html}</div>'))
        window.js("window.before = document.querySelector('#app').innerHTML")
        window.click("call-me-back a")
        window.wait(FORM, 0)
        assert window.js("return document.querySelector('#app').innerHTML === before")
        window.js("const app = document.querySelector('#app'); app.innerHTML = app.innerHTML")
        window.click("call-me-back a")
        window.wait(FORM, 0)
        window.js("CallMeBack('destroy')")
        assert window.js("return document.querySelector('#app').innerHTML === before")


@pytest.mark.parametrize("name", NAMES)
def test_commands_wait_for_the_loader(name: str, site: str, shop: Shop, widget: Widget) -> None:
    """The queue is the site's own script, so its policy allows that."""
    shop.headers = {}
    queue = f"""
    <script>
    window.CallMeBack = function () {{ (CallMeBack.q = CallMeBack.q || []).push(arguments) }};
    CallMeBack("on", "open", (event) => {{ window.opened = event.detail.widget }});
    CallMeBack("prefill", {{ email: "jo@example.fr" }});
    CallMeBack("open", "{widget.public_id}");
    CallMeBack("nonsense", 1);
    </script>"""
    loader = f'<script async src="{site}/embed/v1.js"></script>'
    url = shop.page("/queue", "", head=queue + loader)
    with browser(name) as window:
        window.open(url)
        assert window.wait("return window.opened") == widget.public_id
        window.wait("return document.getElementById('email')?.value === 'jo@example.fr'", 0)
        window.js("CallMeBack('destroy')")
        assert window.js("return document.querySelector('call-me-back')") is None
