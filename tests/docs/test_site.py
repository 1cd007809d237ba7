"""The documents are a site: each link leads somewhere, and nothing is loaded from elsewhere."""

import importlib.util
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.sandbox_process import ROOT

DEPLOY = ROOT / "deploy"
SOURCES = sorted([*ROOT.glob("docs/*.md"), *ROOT.glob("*.md")])
FENCE = re.compile(r"(?ms)^```.*?^```$")


def module(name):
    sys.path.insert(0, str(DEPLOY))
    try:
        spec = importlib.util.spec_from_file_location(name, DEPLOY / f"{name}.py")
        found = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(found)
    finally:
        sys.path.remove(str(DEPLOY))
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, DEPLOY / "docs_site.py", folder], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def address(site) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_every_document_is_a_page(site):
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    for source in ROOT.glob("docs/*.md"):
        name = source.name.removesuffix(".md")
        assert f"fr/{name[:-3]}.html" in pages if name.endswith(".fr") else f"{name}.html" in pages
    others = ("index", "security", "contributing", "changelog", "code_of_conduct", "license")
    assert {f"{name}.html" for name in others} <= pages


@pytest.mark.slow
def test_french_pages_say_so_and_lead_to_the_english_ones(site):
    french = (site / "fr" / "privacy.html").read_text()
    assert '<html lang="fr"' in french
    assert 'href="../privacy.html"' in french
    assert 'href="fr/privacy.html"' in (site / "privacy.html").read_text()


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ('<a href="gone.html">', "there is no such page"),
        ('<a href="#gone">', "there is no such heading"),
        ('<a href="other.html#gone">', "there is no such heading"),
        ('<img src="gone.png">', "there is no such page"),
        ('<script src="https://cdn.example/x.js"></script>', "loads https://cdn.example/x.js"),
        ('<link rel="stylesheet" href="//fonts.example/x.css">', "loads //fonts.example/x.css"),
    ],
)
def test_what_is_broken_in_a_page_is_found(tmp_path, broken, said):
    (tmp_path / "other.html").write_text('<h2 id="there">There</h2>')
    (tmp_path / "good.html").write_text('<a href="other.html#there"><a href="https://e.example/">')
    links = module("docs_links")
    assert links.problems(tmp_path) == []
    (tmp_path / "bad.html").write_text(broken)
    (problem,) = links.problems(tmp_path)
    assert problem.startswith("bad.html")
    assert said in problem


@pytest.mark.slow
def test_a_broken_link_in_a_document_fails_the_build(tmp_path, capfd):
    documents = tmp_path / "documents"
    documents.mkdir()
    docs_site = module("docs_site")
    docs_site.put_together(documents)
    with (documents / "hours.md").open("a") as file:
        file.write("\n[gone](gone.md), [heading](api.md#gone)\n")
    assert not docs_site.build(documents, tmp_path / "site")
    said = capfd.readouterr().err
    assert "gone.md" in said
    assert "api.md#gone" in said


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_lists_are_lists_on_a_forge_and_on_the_site(source):
    """Python-Markdown wants an empty line before a list, and four spaces before one inside."""
    before = ""
    for line in FENCE.sub("", source.read_text()).splitlines():
        if re.match(r"([-*+]|\d+\.) ", line):
            assert not before.strip() or re.match(r"([-*+]|\d+\.) |  ", before), line
        assert not re.match(r" {1,3}([-*+]|\d+\.) ", line), line
        before = line


@pytest.mark.browser
@pytest.mark.slow
def test_a_browser_loads_nothing_from_elsewhere_and_finds_a_word(address):
    # Loaded here, so that the other tests of this file need no browser's libraries.
    from tests.support.browsers.playwright import chromium  # noqa: PLC0415

    context = chromium().new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for name in ("index.html", "embedding.html", "runbook.html", "fr/privacy.html"):
        page.goto(f"{address}{name}")
    page.goto(f"{address}index.html")
    page.get_by_role("textbox", name="Search").fill("housekeeping")
    page.locator(".md-search-result__link").first.wait_for()
    # What the theme could load itself is forbidden as well.
    refused = page.evaluate(
        "fetch('https://unpkg.com/mermaid').then(() => false, (error) => error.message)"
    )
    assert refused == "Failed to fetch"
    context.close()
    assert len(asked) > 10
    assert {url for url in asked if not url.startswith(address)} <= {"https://unpkg.com/mermaid"}
