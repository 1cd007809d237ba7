"""The WordPress plugin writes what the loader reads, signs as the site checks, trusts no text."""

import json
import subprocess
from typing import Any

import pytest

from callbacks.models import Widget
from callbacks.public.form import identity
from tests.support import programs
from tests.support.sandbox_process import ROOT

PLUGIN = ROOT / "deploy" / "wordpress" / "callmeback"
OPTION = {"origin": "https://callback.example.fr", "widget": "WIDGET1", "everywhere": True}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(programs.php() is None, reason="PHP is not installed"),
]


def run(do: str, **asked: Any) -> Any:
    """Run the plugin in PHP; return what the function returned, printed and told WordPress."""
    done = subprocess.run(
        [str(programs.php()), str(ROOT / "tests" / "wordpress" / "plugin.php"), str(PLUGIN)],
        input=json.dumps({"do": do, "option": OPTION} | asked).encode(),
        capture_output=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("file", sorted(PLUGIN.glob("*.php")), ids=lambda file: file.name)
def test_each_file_is_php_without_a_mistake(file: Any) -> None:
    subprocess.run([str(programs.php()), "-l", str(file)], check=True, capture_output=True)


def test_the_shortcode_writes_the_element_with_a_link_that_works_without_scripts() -> None:
    found = run("shortcode", attributes={"mode": "inline", "lang": "fr", "text": "Rappelez-moi"})
    assert found["result"] == (
        '<call-me-back widget="WIDGET1" mode="inline" lang="fr">'
        '<a href="https://callback.example.fr/w/WIDGET1/">Rappelez-moi</a></call-me-back>'
    )
    [[address, options]] = found["done"]["scripts"]
    assert address == "https://callback.example.fr/embed/v1.js"
    assert options["strategy"] == "async"


def test_a_page_may_preset_the_topic() -> None:
    shown = run("shortcode", attributes={"topic": "sales"})["result"]
    assert ' topic="sales"><a href="https://callback.example.fr/w/WIDGET1/?topic=sales">' in shown
    hostile = run("shortcode", attributes={"topic": '"><script>&x=1#'})["result"]
    assert (
        'href="https://callback.example.fr/w/WIDGET1/?topic=%22%3E%3Cscript%3E%26x%3D1%23"'
        in hostile
    )
    assert "<script" not in hostile


def test_the_block_has_a_field_for_the_topic_and_passes_it_on() -> None:
    block = json.loads((PLUGIN / "block.json").read_text())
    given = {name: of["default"] for name, of in block["attributes"].items()}
    assert "topic" not in run("block", attributes=given)["result"]
    assert ' topic="sales">' in run("block", attributes=given | {"topic": "sales"})["result"]
    assert 'field("topic", ' in (PLUGIN / "block.js").read_text()


def test_another_widget_may_be_named() -> None:
    assert 'widget="OTHER"' in run("shortcode", attributes={"widget": "OTHER"})["result"]
    assert 'widget="WIDGET1"' in run("shortcode", attributes={"widget": '"><script>'})["result"]
    assert 'widget="WIDGET1"' in run("shortcode", attributes="")["result"]


def test_no_text_leaves_its_attribute() -> None:
    hostile = "\"'><script>alert(1)</script>"
    attributes = dict.fromkeys(
        ["text", "lang", "theme", "accent", "offset", "mode", "campaign"], hostile
    )
    shown = run("shortcode", attributes=attributes)["result"]
    assert "<script" not in shown
    assert shown.count("<") == 4


def test_the_script_is_loaded_once() -> None:
    assert len(run("twice")["done"]["scripts"]) == 1


def test_the_floating_button_is_on_every_page_if_that_is_chosen() -> None:
    assert 'mode="floating"' in run("footer")["printed"]
    assert run("footer", option=OPTION | {"everywhere": False})["printed"] == ""


@pytest.mark.parametrize("option", [{}, OPTION | {"origin": ""}, OPTION | {"widget": ""}, "text"])
def test_without_settings_nothing_is_shown(option: Any) -> None:
    assert run("shortcode", option=option, attributes={})["result"] == ""


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://callback.example.fr", "https://callback.example.fr"),
        (" https://Callback.example.fr/admin/?x ", "https://callback.example.fr"),
        ("https://callback.example.fr:8443/", "https://callback.example.fr:8443"),
        *((wrong, "") for wrong in ("http://callback.example.fr", "javascript:alert(1)", "", "x")),
        ("https://jo:secret@callback.example.fr", ""),
    ],
)
def test_the_address_of_the_site_is_an_https_origin(typed: str, origin: str) -> None:
    given = {"origin": typed, "widget": " W-1_x ", "everywhere": "1"}
    cleaned = run("clean", typed=given)["result"]
    assert cleaned == {"origin": origin, "widget": "W-1_x", "campaign": "", "everywhere": True}


@pytest.mark.parametrize("typed", [None, "text", {"widget": "a b", "origin": []}])
def test_settings_that_are_none_become_empty(typed: Any) -> None:
    if isinstance(typed, dict):
        typed = {"widget": "a b"}
    cleaned = run("clean", typed=typed)["result"]
    assert cleaned == {"origin": "", "widget": "", "campaign": "", "everywhere": False}


@pytest.mark.parametrize(
    ("typed", "names"),
    [("gclid, fbclid\n gclid", "gclid fbclid"), ('li-fat "><b é', "li-fat"), ("", "")],
)
def test_campaign_parameters_are_a_list_of_names(typed: str, names: str) -> None:
    assert run("clean", typed={"campaign": typed})["result"]["campaign"] == names


def test_the_button_on_every_page_names_the_campaign_parameters_too() -> None:
    option = OPTION | {"campaign": "gclid fbclid"}
    assert ' campaign="gclid fbclid">' in run("footer", option=option)["printed"]
    own = run("shortcode", option=option, attributes={"campaign": "msclkid"})["result"]
    assert ' campaign="msclkid">' in own


USER: dict[str, Any] = {"ID": 7, "user_email": "jo@example.fr", "billing_phone": "06 12 34 56 78"}


def test_it_signs_as_the_site_checks() -> None:
    widget = Widget(public_id="WIDGET1", identity_secret="a secret")
    found = run("identity", secret="a secret", user=USER, widget="WIDGET1", now=1_780_000_000)
    signed = found["result"]
    assert signed["expires"] == str(1_780_000_000 + 12 * 3600)
    assert signed["signature"] == identity.sign(
        widget, USER["billing_phone"], USER["user_email"], signed["expires"]
    )


def test_the_page_gets_the_signature_and_never_the_secret() -> None:
    hostile = USER | {"user_email": "jo</script><script>@example.fr"}
    found = run("shortcode", secret="a secret", user=hostile, attributes={})
    [[script, place]] = found["done"]["inline"]
    assert place == "before"
    assert "a secret" not in script
    assert "</script" not in script
    assert 'CallMeBack("prefill", {' in script


def test_it_signs_for_the_widget_that_is_shown() -> None:
    found = run("shortcode", secret="s", user=USER, attributes={"widget": "OTHER"})
    [[script, _place]] = found["done"]["inline"]
    signed = json.loads(script.partition('"prefill", ')[2].removesuffix(");"))["identity"]
    other = Widget(public_id="OTHER", identity_secret="s")
    right = identity.sign(other, signed["number"], signed["email"], signed["expires"])
    assert signed["signature"] == right


@pytest.mark.parametrize(
    "asked",
    [
        {"user": USER},
        {"secret": "a secret"},
        {"secret": "", "user": USER},
        {"secret": "a secret", "user": USER | {"billing_phone": ""}},
        {"secret": "a secret", "user": USER | {"billing_phone": "06\n12"}},
        {"secret": "a secret", "user": USER, "filtered": None},
    ],
)
def test_what_cannot_be_signed_is_not(asked: dict[str, Any]) -> None:
    assert run("identity", widget="WIDGET1", now=1, **asked)["result"] is None


def test_a_shop_may_give_the_number_itself() -> None:
    given = {"number": "+33612345678", "email": ""}
    found = run("identity", secret="s", user=USER, filtered=given, widget="WIDGET1", now=1)
    assert (found["result"]["number"], found["result"]["email"]) == ("+33612345678", "")


def test_the_settings_page_escapes_what_is_stored() -> None:
    stored = OPTION | {"widget": '"><script>'}
    assert "<script>" not in run("settings page", option=stored)["printed"]


def test_the_block_is_drawn_by_the_same_function() -> None:
    [[folder, function]] = run("init")["done"]["blocks"]
    assert folder == str(PLUGIN)
    assert function == "CallMeBack\\element"
    block = json.loads((PLUGIN / "block.json").read_text())
    assert block["attributes"].keys() == {"widget", "text", "topic", "mode"}
    assert (PLUGIN / block["editorScript"].removeprefix("file:./")).exists()
