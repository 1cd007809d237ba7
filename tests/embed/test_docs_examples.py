"""What docs/embedding.md tells integrators is what the server takes."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from callbacks.core import clock
from callbacks.models import Widget
from callbacks.public.form import identity
from callbacks.widgets import snippets
from tests.support import programs
from tests.support.browsers.pages import DOCS
from tests.support.browsers.shop import POLICY
from tests.support.factories import make_widget

pytestmark = pytest.mark.slow

ROOT = Path(settings.BASE_DIR)
HOST = "https://callback.example.fr"
PERSON = ("+33612345678", "réception@exemple.fr")


def example(language: str) -> str:
    (code,) = [
        c for c in re.findall(rf"```{language}\n(.*?)```", DOCS, re.DOTALL) if "hmac" in c.lower()
    ]
    return code


def taken(widget: Widget, made: dict[str, str]) -> None:
    claim = identity.Claim(made["number"], made["email"], made["expires"], made["signature"])
    identity.check(claim, widget, clock.now())
    other = identity.Claim(claim.number, "other@example.fr", claim.expires, claim.signature)
    with pytest.raises(identity.Refused):
        identity.check(other, widget, clock.now())


@pytest.mark.django_db
def test_python() -> None:
    widget, names = make_widget(), {}  # type: ignore[var-annotated]
    exec(example("python"), names)
    taken(widget, names["identity"](widget.identity_secret, widget.public_id, *PERSON))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("program", "language", "option", "call"),
    [
        ("node", "javascript", "-e", "console.log(JSON.stringify(identity(...{0})))"),
        ("php", "php", "-r", "echo json_encode(identity(...{0}));"),
    ],
    ids=["Node", "PHP"],
)
def test_other_languages(program: str, language: str, option: str, call: str) -> None:
    place = {"node": programs.node, "php": programs.php}[program]()
    if not place:
        pytest.skip(f"{program} is not installed")
    widget = make_widget()
    arguments = json.dumps([widget.identity_secret, widget.public_id, *PERSON])
    code = example(language) + call.format(arguments)
    done = subprocess.run([place, option, code], capture_output=True, text=True, check=True)
    taken(widget, json.loads(done.stdout))


def test_the_policy_is_the_one_that_the_browsers_are_tested_with() -> None:
    for directive in (f"script-src {HOST}", f"frame-src {HOST}"):
        assert directive in DOCS
        assert directive in POLICY.format(site=HOST)


@pytest.mark.django_db
def test_the_lines_to_paste_are_the_ones_that_the_admin_gives(monkeypatch: Any) -> None:
    monkeypatch.setattr(settings, "PUBLIC_URL", HOST)
    widget = make_widget(public_id="WIDGET", language="en")
    line = str(snippets.unpinned(widget).line)
    for text in (DOCS, (ROOT / "README.md").read_text()):
        blocks = re.findall(r"```html\n(.*?)\n```", text, re.DOTALL)
        assert blocks[0].replace("\n", " ") == line
    fixed = re.sub(r"v1\.\w+\.js", "v1.HASH.js", snippets.pinned(widget).script)
    assert re.sub(r"sha384-[^\"]+", "sha384-…", fixed) in DOCS


def test_what_the_troubleshooting_quotes_is_what_people_see() -> None:
    table = DOCS.split("## When it does not work")[1].split("\n## ")[0]
    quoted = re.findall(r"\*([^*\n]+)\*", table)
    assert len(quoted) == 3
    loader = (ROOT / "static/embed/loader.js").read_text().replace("${NAME}", "call-me-back")
    catalogue = (ROOT / "callbacks/locale/fr/LC_MESSAGES/django.po").read_text()
    said = loader + catalogue.replace('"\n"', "")
    for sentence in quoted:
        assert sentence in said
