"""The runbook says what to do about each alert, and names commands that exist."""

import re

import yaml
from django.core.management import get_commands
from django.utils import translation

from callbacks.models import AlertKind
from tests.support.sandbox_process import ROOT

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()


def test_each_alert_of_prometheus_has_an_entry():
    rules = yaml.safe_load((ROOT / "deploy" / "prometheus_alerts.yml").read_text())
    alerts = {rule["alert"]: rule["labels"]["severity"] for rule in rules["groups"][0]["rules"]}
    entries = re.findall(r"(?m)^### (Callback\w+)\n\n(\w+)\. (.{30,})", RUNBOOK)
    said = {"Critical": "critical", "Warning": "warning", "Information": "info"}
    assert {name: said[severity] for name, severity, text in entries} == alerts


def test_each_alert_to_staff_has_an_entry():
    table = RUNBOOK.partition("## Alerts by email")[2].partition("## ")[0]
    entries = re.findall(r"(?m)^\| ([A-Z].+?) \| .{20,} \|$", table)
    with translation.override("en"):
        assert entries == [str(kind.label) for kind in AlertKind]


def test_its_commands_exist():
    named = set(re.findall(r"manage\.py (\w+)", RUNBOOK))
    assert len(named) > 6
    assert named - set(get_commands()) == set()
