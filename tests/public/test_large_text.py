"""The public pages for a person whose browser shows all text twice as large, on a small phone."""

from typing import Any

import pytest
from django.urls import reverse

from callbacks.models import Status
from callbacks.visitor_mails import opt_out
from tests.support import programs
from tests.support.browsers.playwright import ARGUMENTS, playwright
from tests.support.factories import make_request, make_widget

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

# The words that stand in two lines although nothing allows a break in them. Chromium without a
# dictionary hyphenates none. Addresses and numbers may break anywhere.
BROKEN = """() => {
  const broken = [];
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    if (texts.currentNode.parentElement.closest(".unseen")) continue;
    for (const word of texts.currentNode.textContent.matchAll(/[\\p{L}]{4,}/gu)) {
      const range = document.createRange();
      range.setStart(texts.currentNode, word.index);
      range.setEnd(texts.currentNode, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
      if (lines.size > 1) broken.push(word[0]);
    }
  }
  return broken;
}"""


def test_no_french_word_is_broken_in_two(live_server: Any, settings: Any) -> None:
    settings.PUBLIC_URL = live_server.url
    settings.MAIL_IS_SET = True
    widget = make_widget(language="fr", mails_visitors=True)
    tokens = [make_request(widget=widget, status=status).token for status in Status]
    paths = [
        widget.get_absolute_url(),
        make_widget(language="fr", is_paused=True).get_absolute_url(),
        reverse("public:form", args=["none"]),
        *(reverse("public:status", args=[token]) for token in tokens),
        *(reverse(f"public:{page}", args=[tokens[0]]) for page in ("number", "cancel", "never")),
        reverse("public:no_emails", args=[tokens[0]]),
        reverse("public:stop_emails", args=[opt_out.code_of("f" * 40)]),
        reverse("embed:form", args=[widget.public_id]),
    ]
    browser = playwright().chromium.launch(
        executable_path=str(programs.chromium()),
        args=[*ARGUMENTS, "--blink-settings=defaultFontSize=32"],
    )
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, locale="fr-FR", base_url=live_server.url
    )
    page = context.new_page()
    for path in paths:
        page.goto(path)
        assert page.evaluate(BROKEN) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.goto(paths[0])
    page.click("form > button")
    page.wait_for_selector("#problem")
    assert set(page.evaluate(BROKEN)) <= {"exemple"}  # of nom@exemple.fr
    browser.close()
