"""The units of systemd and the containers start what there is, and lock it in."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from callback_site import secret_files
from callbacks.operations import programs as site_programs
from tests.support.sandbox_process import ROOT

UNITS = sorted((ROOT / "deploy" / "systemd").glob("callback*"))
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
MOST_EXPOSURE = 30  # in tenths: 3.0, on systemd's scale from 0 (locked in) to 10
ANALYZE = shutil.which("systemd-analyze")
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())

needs_systemd = pytest.mark.skipif(not ANALYZE, reason="systemd-analyze is not installed")


@needs_systemd
@pytest.mark.slow
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text().replace("/opt/callback", str(ROOT))
        (tmp_path / unit.name).write_text(text.replace(str(ROOT / ".venv"), sys.prefix))
    done = subprocess.run(
        [str(ANALYZE), "verify", "--man=no", "--recursive-errors=yes", *tmp_path.iterdir()],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    about_ours = [line for line in done.stderr.splitlines() if "callback" in line]
    assert about_ours == []


@needs_systemd
@pytest.mark.slow
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_each_service_is_locked_in(unit: Path) -> None:
    words = ["security", "--offline=yes", f"--threshold={MOST_EXPOSURE}", str(unit)]
    done = subprocess.run([str(ANALYZE), *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-200:] + done.stderr


def test_the_processes_are_those_of_make_serve() -> None:
    ours = [site_programs.web(), site_programs.worker(), site_programs.housekeeping()]
    for program in ours:
        words = " ".join(program.command[1:])
        unit = (ROOT / "deploy" / "systemd" / f"callback-{program.name}.service").read_text()
        assert f"ExecStart=/opt/callback/.venv/bin/python {words}\n" in unit
        assert COMPOSE["services"][program.name]["command"] == f"python {words}"


def test_each_service_and_each_command_gets_the_settings_and_the_secrets() -> None:
    given = [
        "EnvironmentFile=/etc/callback/callback.env",
        "LoadCredential=callback:/etc/callback/secrets",
    ]
    for unit in SERVICES:
        lines = unit.read_text().splitlines()
        assert [line for line in lines if line.startswith(("Env", "Load"))] == given, unit.name
    command = (ROOT / "deploy" / "manage.sh").read_text()
    assert re.findall(r"--property ((?:Env|Load)\S+)", command) == given


def test_a_process_that_places_calls_has_the_time_to_finish_them() -> None:
    for program in (site_programs.worker(), site_programs.housekeeping()):
        unit = (ROOT / "deploy" / "systemd" / f"callback-{program.name}.service").read_text()
        [stop] = re.findall(r"TimeoutStopSec=(\d+)", unit)
        assert int(stop) >= program.ends_in
        grace = COMPOSE["services"][program.name]["stop_grace_period"]
        assert int(grace.removesuffix("s")) >= program.ends_in


def test_the_containers_get_their_secrets_from_files() -> None:
    site = COMPOSE["x-site"]
    given = {name for name in site["environment"] if name.endswith("_FILE")}
    assert given <= {f"{name}_FILE" for name in secret_files.SECRETS}
    assert {site["environment"][name].rpartition("/")[2] for name in given} == set(site["secrets"])
    assert set(site["secrets"]) < set(COMPOSE["secrets"])
    assert not set(site["environment"]) & set(secret_files.SECRETS) - {"CACHE_URL", "QUEUE_URL"}


def test_any_setting_may_be_given_to_the_containers_in_a_file_that_is_not_committed() -> None:
    for name in ("prepare", "web", "worker", "housekeeping"):
        [file] = COMPOSE["services"][name]["env_file"]
        assert file["required"] is False
        assert f"/deploy/{file['path']}" in (ROOT / ".gitignore").read_text().splitlines()
        assert f"`{file['path']}`, beside `compose.yaml`" in (ROOT / "docs/systemd.md").read_text()
    arguments = COMPOSE["x-site"]["build"]["args"]
    assert arguments == {"REQUIREMENTS": "${REQUIREMENTS:-requirements.txt}"}
    assert "ARG REQUIREMENTS=requirements.txt\n" in (ROOT / "deploy/Containerfile").read_text()


def test_the_image_has_what_it_copies_and_ignores_the_rest() -> None:
    text = (ROOT / "deploy" / "Containerfile").read_text()
    copied = [
        word for line in re.findall(r"(?m)^COPY (?!--)(.+)$", text) for word in line.split()[:-1]
    ]
    assert copied
    assert [path for path in copied if not (ROOT / path).exists()] == []
    ignored = (ROOT / ".containerignore").read_text()
    assert {line[1:] for line in ignored.splitlines() if line.startswith("!")} == set(copied)
    assert (ROOT / ".dockerignore").read_text() == ignored
