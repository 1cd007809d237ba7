"""The dashboard, the alert rules and docs/metrics.md name the metrics that there are."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from callbacks.operations import metric_families
from tests.support import programs
from tests.support.sandbox_process import ROOT

pytestmark = pytest.mark.django_db

DASHBOARD = ROOT / "deploy" / "grafana_dashboard.json"
ALERTS = ROOT / "deploy" / "prometheus_alerts.yml"
DOCUMENT = ROOT / "docs" / "metrics.md"
NAME = re.compile(r"\bcallback_[a-z_]+")


@pytest.fixture(scope="module")
def promtool() -> Path:
    found = programs.promtool()
    if found is None:
        pytest.skip("promtool is not installed")
    return found


def exposed() -> set[str]:
    """Return the names that a query may use."""
    names = set()
    for family in metric_families.collect():
        if family.type == "counter":
            names.add(f"{family.name}_total")
        elif family.type == "histogram":
            names |= {f"{family.name}_{part}" for part in ("bucket", "sum", "count")}
        else:
            names.add(family.name)
    return names


def queries() -> Iterator[str]:
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        assert panel["title"]
        for target in panel["targets"]:
            yield target["expr"]


def test_each_metric_is_explained() -> None:
    tables = DOCUMENT.read_text().partition("<!-- metrics:")[2]
    explained = re.findall(r"(?m)^\| `(callback_\w+)` \| .{12,} \|$", tables)
    names = {re.sub("_(bucket|sum|count)$", "", name) for name in exposed()}
    assert sorted(explained) == sorted(names)


def test_the_dashboard_shows_every_metric_and_no_other() -> None:
    used = set(NAME.findall("\n".join(queries())))
    assert used - exposed() == set()
    histograms = {name for name in exposed() if name.endswith(("_sum", "_count"))}
    assert exposed() - used == histograms


def test_the_alert_rules_use_metrics_that_there_are() -> None:
    used = set(NAME.findall(ALERTS.read_text()))
    assert len(used) > 8
    assert used - exposed() == set()


def test_the_commands_that_the_alerts_name_exist() -> None:
    for command in re.findall(r"manage\.py (\w+)", ALERTS.read_text()):
        assert (ROOT / f"callbacks/management/commands/{command}.py").exists(), command


@pytest.mark.slow
def test_prometheus_loads_the_alert_rules(promtool: Path) -> None:
    done = subprocess.run([promtool, "check", "rules", ALERTS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "12 rules found" in done.stdout


@pytest.mark.slow
def test_prometheus_understands_each_query_of_the_dashboard(promtool: Path, tmp_path: Path) -> None:
    rules = [
        {"record": f"query:{number}", "expr": query.replace("$__rate_interval", "5m")}
        for number, query in enumerate(queries())
    ]
    assert len(rules) > 20
    file = tmp_path / "rules.yml"
    # Every JSON document is a YAML document, too.
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = subprocess.run([promtool, "check", "rules", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_prometheus_has_nothing_to_say_about_the_metrics(
    promtool: Path, settings: Settings
) -> None:
    settings.METRICS_TOKEN = "a-token-of-the-monitor"
    headers = {"authorization": "Bearer a-token-of-the-monitor"}
    text = Client().get("/metrics", headers=headers).content
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""
