"""What docs/embedding.md tells integrators is what the server takes."""

import json
import re
import subprocess

import pytest

from callbacks.core import clock
from callbacks.models import Widget
from callbacks.public.form import identity
from tests.support import programs
from tests.support.browsers.pages import DOCS
from tests.support.browsers.shop import POLICY
from tests.support.factories import make_widget

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
    host = "https://callback.example.fr"
    for directive in (f"script-src {host}", f"frame-src {host}"):
        assert directive in DOCS
        assert directive in POLICY.format(site=host)
