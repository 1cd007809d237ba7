"""Whether anything is known against the locked dependencies: pip-audit, with its answer read.

pip-audit ends well also when it could ask about nothing. Here three outcomes are told apart:
nothing known, something known, and not all could be asked about. The last passes, so that one can
work without the vulnerability service, unless AUDIT_REQUIRED=true (set it where you release).
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# The development list contains the other one whole.
LOCK = "requirements-dev.txt"
COMMAND = (
    *(sys.executable, "-m", "pip_audit", "--requirement", LOCK),
    *("--require-hashes", "--disable-pip", "--format", "json"),
    *("--progress-spinner", "off", "--timeout", "10"),
)
PATIENCE = 300  # seconds, for one question a package


@dataclass(frozen=True)
class Found:
    """`known`: a line for each vulnerability; `unasked`: packages that nothing was learnt about."""

    audited: int
    known: list[str]
    unasked: list[str]


def main() -> int:
    """Print the outcome; the exit status is 1 if something is known, or unknown and required."""
    is_required = os.environ.get("AUDIT_REQUIRED", "").lower() == "true"
    try:
        run = subprocess.run(COMMAND, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return verdict(None, f"no answer within {PATIENCE} s", is_required)
    last_words = (run.stderr.strip().splitlines() or ["no answer"])[-1]
    return verdict(read(run.stdout), last_words, is_required)


def read(output: str) -> Found | None:
    """What pip-audit's JSON says; None when it is none, as when the service is away."""
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
    """Say what came out, and return the exit status."""
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
