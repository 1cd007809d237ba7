"""Check the locked dependencies for known vulnerabilities, with pip-audit.

pip-audit also succeeds when it could ask about no package at all. So this script tells three
outcomes apart: nothing known, something known, and some packages not checked. The last one passes,
so that you can work without the vulnerability service. It fails with `AUDIT_REQUIRED=true`, which
you set where you release.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# The development list contains all packages of the other list.
LOCK = "requirements-dev.txt"
COMMAND = (
    *(sys.executable, "-m", "pip_audit", "--requirement", LOCK),
    *("--require-hashes", "--disable-pip", "--format", "json"),
    *("--progress-spinner", "off", "--timeout", "10"),
)
PATIENCE = 300  # seconds; pip-audit asks one question for each package


@dataclass(frozen=True)
class Found:
    """What pip-audit found.

    `audited` is the number of packages checked. `known` has one line for each vulnerability.
    `unasked` names the packages that could not be checked.
    """

    audited: int
    known: list[str]
    unasked: list[str]


def main() -> int:
    """Print the outcome; return 1 if a vulnerability is known, or if a required check failed."""
    is_required = os.environ.get("AUDIT_REQUIRED", "").lower() == "true"
    try:
        run = subprocess.run(COMMAND, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return verdict(None, f"no answer within {PATIENCE} s", is_required)
    last_words = (run.stderr.strip().splitlines() or ["no answer"])[-1]
    return verdict(read(run.stdout), last_words, is_required)


def read(output: str) -> Found | None:
    """Return what pip-audit's JSON says, or None if `output` is not such JSON."""
    try:
        packages: list[dict[str, Any]] = json.loads(output)["dependencies"]
        known = [
            f"{package['name']} {package['version']}: {one['id']}"
            + (f", fixed in {', '.join(one['fix_versions'])}" if one["fix_versions"] else "")
            for package in packages
            for one in package.get("vulns", [])
        ]
        unasked = [package["name"] for package in packages if "skip_reason" in package]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return Found(len(packages) - len(unasked), known, unasked)


def verdict(found: Found | None, last_words: str, is_required: bool) -> int:
    """Print the outcome, and return the exit status."""
    if found is None:
        return _unknown(f"nothing was audited: {last_words}", is_required)
    if found.known:
        print(*(f"error: known against {line}" for line in found.known), sep="\n")
        return 1
    if not found.audited:
        none = f"none of {len(found.unasked)} packages was audited: the service knows none of them"
        return _unknown(none, is_required)
    print(f"nothing known against {found.audited} packages")
    if found.unasked:
        return _unknown(f"not audited: {', '.join(found.unasked)}", is_required)
    return 0


def _unknown(sentence: str, is_required: bool) -> int:
    mark = "error:" if is_required else "!!"
    print(f"{mark} {sentence}")
    if not is_required:
        print("!! with AUDIT_REQUIRED=true this fails")
    return 1 if is_required else 0


if __name__ == "__main__":
    sys.exit(main())
