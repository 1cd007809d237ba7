"""The SBOM lists what is locked for a site, in a form that other programs read."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from callback_site.version import VERSION
from tests.support.sandbox_process import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sbom(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("sbom") / "callback.cdx.json"
    subprocess.run([sys.executable, "-W", "error", "deploy/sbom.py", path], cwd=ROOT, check=True)
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_it_is_as_its_schema_wants_it(sbom: dict[str, Any]) -> None:
    spec = importlib.util.find_spec("cyclonedx")
    assert spec
    assert spec.origin
    schemas = Path(spec.origin).parent / "schema" / "_res"
    schema = json.loads((schemas / "bom-1.6.SNAPSHOT.schema.json").read_text())
    beside = [
        (
            f"http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json",
            json.loads((schemas / f"{name}.SNAPSHOT.schema.json").read_text()),
        )
        for name in ("spdx", "jsf-0.82")
    ]
    registry = jsonschema_rs.Registry(beside)
    validator = jsonschema_rs.validator_for(schema, registry=registry)
    assert [error.message for error in validator.iter_errors(sbom)] == []
    assert not validator.is_valid(sbom | {"components": [{"name": "of no type"}]})


def test_it_has_each_package_of_a_site_with_version_hashes_and_licence(
    sbom: dict[str, Any],
) -> None:
    locked = dict(
        re.findall(r"(?m)^([A-Za-z0-9._-]+)==(\S+)", (ROOT / "requirements.txt").read_text())
    )
    components = {part["name"]: part for part in sbom["components"]}
    assert {name: part["version"] for name, part in components.items()} == locked
    for name, part in components.items():
        assert part["licenses"], name
        assert part["externalReferences"][0]["hashes"], name
    assert sbom["metadata"]["component"]["version"] == VERSION


def test_it_says_what_is_there_for_the_sake_of_what(sbom: dict[str, Any]) -> None:
    needs = {
        entry["ref"].partition("@")[0]: {name.partition("@")[0] for name in entry["dependsOn"]}
        for entry in sbom["dependencies"]
        if "dependsOn" in entry
    }
    assert {"pkg:pypi/sqlparse", "pkg:pypi/asgiref"} <= needs["pkg:pypi/django"]
    assert "pkg:pypi/psycopg-binary" in needs["pkg:pypi/psycopg"]
    named = set().union(*needs.values())
    assert {part["purl"].partition("@")[0] for part in sbom["components"]} <= named
