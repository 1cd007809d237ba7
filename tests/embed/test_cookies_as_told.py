"""That the browsers of these tests refuse third-party cookies, or allow them, as they are told."""

import pytest

from tests.support.browsers.shop import Shop
from tests.support.browsers.start import NAMES, browser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Chromium wants both words of a cookie in a frame, and WebKit none of them over plain http.
KEPT = """
document.cookie = "one=1; SameSite=None; Secure";
document.cookie = "other=1";
return document.cookie;
"""


@pytest.mark.parametrize("cookies", [False, True], ids=["cookies refused", "cookies allowed"])
@pytest.mark.parametrize("name", NAMES)
def test_a_cookie_in_a_frame_of_another_site(name: str, cookies: bool, shop: Shop) -> None:
    shop.headers = {}
    third = shop.page("/third", "", head="").replace("shop.localhost", "third.localhost")
    url = shop.page("/host", f'<iframe title="x" src="{third}"></iframe>', head="")
    with browser(name, cookies=cookies) as window:
        window.open(url)
        window.until(lambda: window.js_in_frame("return document.title"), "the frame")
        assert bool(window.js_in_frame(KEPT)) is cookies
