"""The language of the form is the page's, and a translator's work stays."""

import pytest
from django.conf import settings

from callbacks.models import CallRequest, Status, Widget
from callbacks.widgets import loader
from tests.support.browsers.pages import FORM, box, element, inside, loaded
from tests.support.browsers.shop import Shop
from tests.support.browsers.start import NAMES, browser
from tests.support.factories import make_request

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LANGUAGE = "return document.documentElement.lang"
WAITING = {"fr": "Rappelez-moi Chargement… Fermer", "de": "Call me back Loading… Close"}
ASKED = """
const all = performance.getEntriesByType("resource");
return all.filter((entry) => entry.name.endsWith("/state/")).length;
"""
# What a browser's translator does, again and again, and a count of what others write meanwhile.
TRANSLATED = """
window.writes = 0;
for (const id of ["title", "text"]) {
  const element = document.getElementById(id);
  const font = document.createElement("font");
  font.textContent = "ΕΛΛΗΝΙΚΑ " + id;
  element.replaceChildren(font);
  new MutationObserver(() => { window.writes += 1 }).observe(element, { childList: true });
}
document.title = "ΕΛΛΗΝΙΚΑ";
"""


@pytest.mark.parametrize("name", NAMES)
def test_without_an_attribute_it_is_the_nearest_of_the_page_then_the_browsers(
    name: str, site: str, shop: Shop, widget: Widget
) -> None:
    line = element(site, widget)
    content = f"""
    {line}<div lang="fr">{line}<div id="shadow"></div></div>
    <div lang="fr">{element(site, widget, 'lang="en"')}</div><div lang="de">{line}</div>"""
    with browser(name) as window:
        loaded(window, shop.page("/languages", content))
        assert window.js("return document.documentElement.lang") == "en"
        for place, expected in enumerate(["en", "fr", "en", "en"]):
            window.js(f"document.querySelectorAll('call-me-back a')[{place}].click()")
            window.wait(FORM, place)
            assert window.js(LANGUAGE, place) == expected
            window.js("CallMeBack('close')")
        # In the shadow tree of something in a French part of the page; the whole page turns French.
        window.js("document.documentElement.lang = 'fr'")
        window.js("document.querySelector('call-me-back a').click()")
        window.wait(f"{LANGUAGE} === 'fr'", 0)
        window.wait(f"return {box()}.className === 'box'")
        window.js("CallMeBack('close')")
        window.js("document.documentElement.lang = 'en'")
        frame = window.js(
            f"""
            const root = document.querySelector("#shadow").attachShadow({{ mode: "open" }});
            const made = document.createElement("call-me-back");
            made.setAttribute("widget", "{widget.public_id}");
            root.append(made);
            CallMeBack("open", made);
            return made.shadowRoot.querySelector("iframe").src;
            """
        )
        assert "lang=fr" in frame


def test_while_it_waits_it_speaks_the_pages_language(site: str, shop: Shop, widget: Widget) -> None:
    with browser("chromium") as window:
        window.page.route(f"{site}/embed/*/**", lambda route: None)
        lone = f'<p lang="fr"><button data-callmeback-open="{widget.public_id}">x</button></p>'
        for lang, expected in WAITING.items():
            url = shop.page(f"/{lang}", lone)
            shop.pages[f"/{lang}"] = shop.pages[f"/{lang}"].replace('lang="en"', f'lang="{lang}"')
            loaded(window, url)
            window.click("[data-callmeback-open]")
            window.wait(f"return getComputedStyle({inside('p')}).visibility === 'visible'")
            said = [window.js(f"return {inside(css)}.textContent") for css in ("p a", "p span")]
            said.append(window.js(f"return {inside('.close')}.getAttribute('aria-label')"))
            assert " ".join(said) == expected


def test_every_language_has_these_words() -> None:
    text = (loader.STATIC / "embed" / "loader.js").read_text()
    for code, _name in settings.LANGUAGES:
        assert f'    {code}: ["' in text, f"static/embed/loader.js: WORDS lacks {code}"


@pytest.mark.parametrize("name", NAMES)
def test_a_translated_status_stays_translated_until_there_are_news(name: str, site: str) -> None:
    request = make_request(language="en")
    with browser(name) as window:
        window.open(site + request.get_absolute_url())
        window.wait("return document.querySelector('main[data-status=queued]')?.offsetHeight")
        window.js(TRANSLATED)
        before = window.js(ASKED)
        window.until(lambda: window.js(ASKED) >= before + 3, "three answers")
        assert window.js("return window.writes") == 0
        assert window.js("return document.title") == "ΕΛΛΗΝΙΚΑ"
        assert window.js("return document.getElementById('text').innerText") == "ΕΛΛΗΝΙΚΑ text"
        CallRequest.objects.update(status=Status.CALLING)
        window.wait("return document.querySelector('main').dataset.status === 'calling'")
        title = "return document.getElementById('title').innerText"
        assert window.js(title) == window.js("return document.title") == "We're calling you"
        assert window.js("return window.writes") == 2


def test_a_translated_button_is_as_it_was_after_sending_failed(site: str, widget: Widget) -> None:
    with browser("chromium") as window:
        window.open(site + widget.get_absolute_url() + "?lang=en")
        window.js("document.querySelector('form button').textContent = 'ΚΛΗΣΗ'")
        window.js("dispatchEvent(new PageTransitionEvent('pageshow'))")
        assert window.js("return document.querySelector('form button').textContent") == "ΚΛΗΣΗ"
        window.js("addEventListener('submit', (event) => event.preventDefault())")
        window.click("form button")
        window.wait("return document.querySelector('form button').textContent === 'Sending…'")
        window.js("dispatchEvent(new PageTransitionEvent('pageshow'))")
        assert window.js("return document.querySelector('form button').textContent") == "ΚΛΗΣΗ"
