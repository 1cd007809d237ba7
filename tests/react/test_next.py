"""The guide for React: its code, built by Next.js, is hydrated and asks for a call in Chromium."""

import os
import re
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from callbacks.models import CallRequest, Widget
from tests.support import programs
from tests.support.browsers.pages import DOCS, FORM, LOADED, box
from tests.support.browsers.start import browser
from tests.support.browsers.window import Browser
from tests.support.factories import make_widget
from tests.support.sandbox_process import ROOT
from tests.support.servers import free_port

EXAMPLE = Path(__file__).parent / "example"
GUIDE = DOCS[DOCS.index("### React and Next.js") : DOCS.index("### WordPress")]
# What npm says where there is no network, or no registry in it.
AWAY = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH")
# The code blocks of the guide, in its order.
FILES = ("app/layout.tsx", "call-me-back.tsx", "react-call-me-back.d.ts")

pytestmark = [
    pytest.mark.minutes,
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(programs.npm() is None, reason="npm is not installed"),
]


@pytest.fixture
def site(live_server: Any, settings: Any) -> str:
    """Our own origin, another site than the shop's."""
    cache.clear()
    settings.PUBLIC_URL = live_server.url.replace("localhost", "callback.localhost")
    return str(settings.PUBLIC_URL)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def widget(port: int) -> Widget:
    return make_widget(
        allowed_origins=[f"http://shop.localhost:{port}"], shows_sales_call_notice=False
    )


@pytest.fixture
def shop(site: str, port: int, widget: Widget, tmp_path: Path) -> Iterator[str]:
    """Build the guide's code, and serve it as `next start` does."""
    folder = tmp_path / "shop"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules", ".next"))
    blocks = re.findall(r"```tsx?\n(.*?)```", GUIDE, re.DOTALL)
    for name, code in zip(FILES, blocks, strict=True):
        code = code.replace("https://callback.example.fr", site)
        (folder / name).write_text(code.replace("WIDGET", widget.public_id))
    shutil.copy(ROOT / "static" / "embed" / "loader.d.ts", folder / "call-me-back.d.ts")
    shutil.copy(ROOT / "deploy" / "shop" / "boats.svg", folder / "app" / "icon.svg")
    quiet = os.environ | {"NEXT_TELEMETRY_DISABLED": "1", "CI": "true"}
    npm = str(programs.npm())
    install = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(install, cwd=folder, env=quiet, capture_output=True, text=True)
    if any(f"npm error code {code}" in done.stderr for code in AWAY):
        pytest.skip("npm's registry cannot be reached")
    assert done.returncode == 0, done.stderr[-3000:]
    run(npm, "exec", "--no", "--", "next", "build", folder=folder, env=quiet)
    command = ["node", "node_modules/next/dist/bin/next", "start"]
    command += ["--port", str(port), "--hostname", "127.0.0.1"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=folder, env=quiet, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield f"http://shop.localhost:{port}"
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(20)


def run(*command: str, folder: Path, env: dict[str, str]) -> None:
    """Run a command; fail with what it printed if it failed."""
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url.replace("shop.localhost", "127.0.0.1"), timeout=5) as page:
            return bool(page.status == 200)
    except OSError:
        return False


def test_the_guides_component_is_hydrated_and_asks_for_a_call(
    shop: str, widget: Widget, site: str
) -> None:
    with browser("chromium") as window:
        window.until(lambda: answers(shop), "the shop")
        trouble = errors_of(window)
        # The link is in what the server sends: it works before any script.
        with urllib.request.urlopen(shop.replace("shop.localhost", "127.0.0.1")) as page:
            assert f'href="{site}/w/{widget.public_id}/"' in page.read().decode()
        window.open(shop)
        window.wait(LOADED)
        # Going to another page of the application and back removes the element, and adds it.
        window.click("main > a")
        window.wait("return document.querySelector('h1').textContent === 'Other boats'")
        assert window.js("return document.querySelector('call-me-back')") is None
        window.click("main > a")
        window.wait("return Boolean(document.querySelector('call-me-back')?.shadowRoot)")
        window.click("call-me-back a")
        window.wait(FORM, 0)
        window.type("#number", "06 12 34 56 78", 0)
        window.type("#email", "jo@example.fr", 0)
        window.click("#consent", 0)
        window.click("form button", 0)
        window.wait("return Boolean(document.querySelector('main[data-status]'))", 0)
        assert window.js(f"return Boolean({box()})")
        # The component heard the element's event, and shows its own text.
        window.wait("return Boolean(document.querySelector('p[role=status]'))")
        assert trouble == []
    assert CallRequest.objects.get().widget == widget


def errors_of(window: Browser) -> list[str]:
    """Return a list that fills with the page's errors. React tells those of hydration there."""
    trouble: list[str] = []
    page = window.page
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda said: trouble.append(said.text) if said.type == "error" else None)
    return trouble
