"""The files for people who join the project name what there is."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.sandbox_process import ROOT

PATH = re.compile(r"`((?:callback_site|callbacks|deploy|docs|tests)/[^`\s*]+)`")
TARGET = re.compile(r"\bmake ([a-z]+)")
DOCUMENTS = ("CONTRIBUTING.md", "CHANGELOG.md", ".github/PULL_REQUEST_TEMPLATE.md")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_files_that_they_name_exist(name: str) -> None:
    text = (ROOT / name).read_text()
    named = PATH.findall(text) + re.findall(r"\]\(([\w./-]+)\)", text)
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize(
    "name", [*DOCUMENTS, ".github/workflows/checks.yml", ".pre-commit-config.yaml"]
)
def test_the_targets_of_make_that_they_name_exist(name: str) -> None:
    targets = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text()))
    assert set(TARGET.findall((ROOT / name).read_text())) - targets == set()


@pytest.mark.parametrize(
    "path", [*ROOT.glob(".github/**/*.yml"), ROOT / ".pre-commit-config.yaml"], ids=str
)
def test_each_yaml_file_can_be_read(path: object) -> None:
    assert yaml.safe_load((ROOT / str(path)).read_text())


def test_the_public_forge_tests_what_is_promised() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/checks.yml").read_text())["jobs"]
    matrix = jobs["test"]["strategy"]["matrix"]
    assert matrix == {"python": ["3.12", "3.13", "3.14"], "database": ["sqlite", "postgresql"]}
    assert jobs["next-django"]["continue-on-error"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema", "path", "wrong"),
    [
        ("compose-spec", "deploy/compose.yaml", ("read_only:", "readonly:")),
        ("github-workflows", ".github/workflows/checks.yml", ("runs-on:", "runs_on:")),
        ("github-issue-forms", ".github/ISSUE_TEMPLATE/bug.yml", ("type: textarea", "type: text")),
        ("github-issue-forms", ".github/ISSUE_TEMPLATE/idea.yml", ("type: textarea", "type: text")),
    ],
)
def test_what_other_programs_read_is_as_they_want_it(
    tmp_path: Path, schema: str, path: str, wrong: tuple[str, str]
) -> None:
    command = [str(ROOT / ".venv/bin/check-jsonschema"), "--builtin-schema", f"vendor.{schema}"]
    checked = subprocess.run([*command, ROOT / path], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
    text = (ROOT / path).read_text()
    assert wrong[0] in text
    (tmp_path / "wrong.yml").write_text(text.replace(*wrong))
    assert subprocess.run([*command, tmp_path / "wrong.yml"], capture_output=True).returncode == 1


def test_the_tests_find_the_same_programs_wherever_they_run() -> None:
    ours = re.search(r"packages=\((.*?)\)", (ROOT / ".ci/run").read_text(), re.DOTALL)
    assert ours
    wanted = set(ours[1].split()) - {"make", "procps", "ca-certificates"}
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    assert container["image"].endswith("-bookworm")
    command = container["postCreateCommand"]
    installed = re.search(r"--no-install-recommends (.*) && make development$", command)
    assert installed
    assert set(installed[1].split()) == wanted
    workflow = yaml.safe_load((ROOT / ".github/workflows/checks.yml").read_text())
    assert set(workflow["env"]["PROGRAMS"].split()) == wanted - {"chromium", "firefox-esr"}


def test_the_editor_uses_the_tools_of_the_project() -> None:
    settings = json.loads((ROOT / ".vscode/settings.json").read_text())
    assert settings["python.defaultInterpreterPath"] == ".venv/bin/python"
    assert settings["ruff.importStrategy"] == "fromEnvironment"
    wanted = json.loads((ROOT / ".vscode/extensions.json").read_text())["recommendations"]
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    assert container["customizations"]["vscode"]["extensions"] == wanted
    longest = re.search(r"max_line_length = (\d+)", (ROOT / ".editorconfig").read_text())
    assert longest
    assert f"line-length = {longest[1]}\n" in (ROOT / "pyproject.toml").read_text()


def test_before_a_commit_runs_what_make_check_runs_and_nothing_is_fetched() -> None:
    [repository] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repository["repo"] == "local"
    [hook] = repository["hooks"]
    assert (hook["entry"], hook["language"], hook["always_run"]) == ("make check", "system", True)


def test_the_licence_is_the_one_that_is_declared() -> None:
    assert (ROOT / "LICENSE").read_text().startswith("BSD 3-Clause License")
    assert 'license = "BSD-3-Clause"' in (ROOT / "pyproject.toml").read_text()
