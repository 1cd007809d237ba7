"""A version has one number everywhere, and its notes come from the changelog."""

import re
import subprocess
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from callback_site.version import VERSION
from callbacks.operations import metric_families
from tests.support.machine.commands import block
from tests.support.sandbox_process import ROOT
from tests.support.upgrade.tags import released

CHANGELOG = (ROOT / "CHANGELOG.md").read_text()


def problems(changelog: str, version: str, tags: list[str], tag_of_this: str = "") -> list[str]:
    """Return what does not agree: the changelog, the version, the tags, and that of this commit."""
    found = []
    headings = re.findall(r"(?m)^## (.*)$", changelog)
    unreleased = headings[:1] == ["Unreleased"]
    sections = [
        re.fullmatch(r"(\d+)\.(\d+)\.(\d+) – (\d{4}-\d\d-\d\d)", heading)
        for heading in headings[unreleased:]
    ]
    if not all(sections):
        return [f"a heading is no version with a date: {headings}"]
    whole = [section for section in sections if section]
    numbers = [tuple(map(int, section.groups()[:3])) for section in whole]
    days = [date.fromisoformat(section[4]) for section in whole]
    names = [".".join(map(str, number)) for number in numbers]
    if not all(newer > older for newer, older in pairwise(numbers)):
        found.append("the versions are not in their order")
    if not all(newer >= older for newer, older in pairwise(days)):
        found.append("the dates are not in their order")
    if not unreleased and names[:1] != [version]:
        found.append("the version at the top is another one")
    if unreleased and names and names[0] != version:
        found.append("the version is not the last released one")
    if missing := {tag.removeprefix("v") for tag in tags} - set(names):
        found.append(f"a tag has no section: {missing}")
    if tag_of_this and (unreleased or tag_of_this != f"v{version}"):
        found.append("the tag of this commit is another one")
    return found


def test_the_changelog_the_version_and_the_tags_agree() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)
    assert problems(CHANGELOG, VERSION, []) == []


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a clone")
def test_each_tag_has_its_section_and_a_tagged_commit_is_that_version() -> None:
    command = ["git", "tag", "--points-at", "HEAD", "--list", "v[0-9]*"]
    this = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()
    assert problems(CHANGELOG, VERSION, released(), this) == []


@pytest.mark.parametrize(
    ("changelog", "version", "tags", "this", "problem"),
    [
        ("## 1.2.0 – 2027-01-31\n", "1.1.0", [], "", "at the top"),
        ("## Unreleased\n\n## 1.1.0 – 2027-01-31\n", "1.2.0", [], "", "not the last released"),
        ("## 1.1.0 – 2027-01-31\n## 1.2.0 – 2027-01-01\n", "1.1.0", [], "", "not in their order"),
        ("## 1.2.0 – 2027-01-31\n", "1.2.0", ["v1.1.0", "v1.2.0"], "", "has no section"),
        ("## 1.2.0\n", "1.2.0", [], "", "no version with a date"),
        ("## 1.2.0 – 2027-01-31\n", "1.2.0", ["v1.2.0"], "v1.2.1", "of this commit"),
        ("## Unreleased\n## 1.2.0 – 2027-01-31\n", "1.2.0", ["v1.2.0"], "v1.2.0", "of this"),
    ],
)
def test_what_does_not_agree_is_found(
    changelog: str, version: str, tags: list[str], this: str, problem: str
) -> None:
    assert problem in " ".join(problems(changelog, version, tags, this))


@pytest.mark.django_db
def test_the_metrics_say_which_version_runs() -> None:
    [build] = [metric for metric in metric_families.collect() if metric.name.endswith("build_info")]
    assert [sample.labels["version"] for sample in build.samples] == [VERSION]


@pytest.mark.slow
def test_the_notes_of_a_version_are_its_section_of_the_changelog(tmp_path: Path) -> None:
    lines = block("CONTRIBUTING.md", "Release a version", "notes.md").splitlines()
    [command] = [line.strip() for line in lines if "notes.md" in line]
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## 1.10.0 – 2027-02-01\n\nlater\n\n"
        "## 1.1.0 – 2027-01-31\n\n- this\n\n### New\n\n- that\n\n## 1.0.0 – 2027-01-01\n\nearlier\n"
    )
    subprocess.run(
        ["sh", "-euc", command],
        cwd=tmp_path,
        env={"VERSION": "1.1.0", "PATH": "/usr/bin:/bin"},
        check=True,
    )
    assert (tmp_path / "notes.md").read_text().strip() == "- this\n\n### New\n\n- that"
