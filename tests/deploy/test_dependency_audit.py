"""deploy/audit.py: nothing known, something known and nothing asked are three outcomes."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
CLEAN = {"name": "django", "version": "6.1.3", "vulns": []}
KNOWN = {
    "name": "requests",
    "version": "2.0",
    "vulns": [
        {"id": "PYSEC-1", "fix_versions": ["2.1", "2.2"], "description": "", "aliases": []},
        {"id": "PYSEC-2", "fix_versions": [], "description": "", "aliases": []},
    ],
}
SKIPPED = {"name": "huey", "skip_reason": "not found on PyPI and could not be audited"}


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / "deploy" / "audit.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["audit"] = module
    spec.loader.exec_module(module)
    return module


def outcome(
    audit: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    says: str,
    *,
    status: int = 0,
    required: bool = False,
) -> tuple[int, str]:
    """What comes of a pip-audit that prints `says`: a real process, as the real one would be."""
    program = f"import sys; sys.stdout.write({says!r}); sys.stderr.write('a\\nno service'); "
    command = (sys.executable, "-c", f"{program}sys.exit({status})")
    monkeypatch.setattr(audit, "COMMAND", command)
    monkeypatch.setenv("AUDIT_REQUIRED", "true" if required else "")
    code: int = audit.main()
    return code, capsys.readouterr().out


def report(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


@pytest.mark.parametrize(
    ("says", "status", "code", "code_required", "words"),
    [
        (report(CLEAN, CLEAN), 0, 0, 0, "nothing known against 2 packages"),
        (report(CLEAN, KNOWN), 1, 1, 1, "known against requests 2.0: PYSEC-1, fixed in 2.1, 2.2"),
        (report(KNOWN, SKIPPED), 1, 1, 1, "known against requests 2.0: PYSEC-2\n"),
        (report(SKIPPED, SKIPPED), 0, 0, 1, "none of 2 packages was audited"),
        (report(CLEAN, SKIPPED), 0, 0, 1, "not audited: huey"),
        (report(), 0, 0, 1, "none of 0 packages was audited"),
        ("", 1, 0, 1, "nothing was audited: no service"),
        ("<html>", 0, 0, 1, "nothing was audited: no service"),
        ("[]", 0, 0, 1, "nothing was audited: no service"),
        ('{"dependencies": [1]}', 0, 0, 1, "nothing was audited: no service"),
    ],
)
def test_outcomes(
    audit: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    says: str,
    status: int,
    code: int,
    code_required: int,
    words: str,
) -> None:
    found, out = outcome(audit, monkeypatch, capsys, says, status=status)
    assert (found, words in out) == (code, True), out
    assert ("!!" in out) == (code_required > code)
    found, out = outcome(audit, monkeypatch, capsys, says, status=status, required=True)
    assert (found, words in out) == (code_required, True), out


def test_a_service_that_never_answers_is_not_waited_for(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "COMMAND", (sys.executable, "-c", "import time; time.sleep(600)"))
    monkeypatch.setattr(audit, "PATIENCE", 0.1)
    monkeypatch.delenv("AUDIT_REQUIRED", raising=False)
    assert audit.main() == 0
    assert "nothing was audited: no answer within 0.1 s" in capsys.readouterr().out


def test_the_audit_is_part_of_the_check_and_asks_about_the_locked_list(audit: ModuleType) -> None:
    assert "deploy/audit.py" in (ROOT / "deploy" / "check.sh").read_text()
    assert audit.LOCK in audit.COMMAND
    locked = (ROOT / audit.LOCK).read_text()
    assert all(f"\n{name}==" in f"\n{locked}" for name in ("django", "gunicorn", "pip-audit"))
