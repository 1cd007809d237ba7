#!/usr/bin/env python
"""Print Lighthouse's scores for the form as a page and for a shop with the widget.

Run it with `make lighthouse`. Lighthouse comes from npm (`npm install -g lighthouse`); `LIGHTHOUSE`
names another program. It uses the same Chromium as the tests. The exit status is 1 if a score is
below 95 of 100.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from deploy.screenshots import running  # noqa: E402
from tests.support import programs  # noqa: E402

CATEGORIES = ("performance", "accessibility", "best-practices")
LEAST = 95
CHROMIUM_FLAGS = "--headless=new --no-sandbox --disable-gpu"


def main() -> int:
    lighthouse = shutil.which(os.environ.get("LIGHTHOUSE", "lighthouse"))
    if not lighthouse:
        sys.exit("error: lighthouse was not found: npm install -g lighthouse, or set LIGHTHOUSE.")
    worst = 100
    with running() as place:
        for name, url in (("the form", place.form), ("a shop", place.shop)):
            report = _measured(lighthouse, url)
            for category in CATEGORIES:
                score, missed = _score(report, category)
                worst = min(worst, score)
                print(f"{name:10}{category:16}{score:4}  {', '.join(missed)}")
    return 0 if worst >= LEAST else 1


def _measured(lighthouse: str, url: str) -> Any:
    command = [lighthouse, url, "--quiet", "--output=json", f"--chrome-flags={CHROMIUM_FLAGS}"]
    command.append(f"--only-categories={','.join(CATEGORIES)}")
    environment = os.environ | {"CHROME_PATH": str(programs.chromium())}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    if done.returncode:
        sys.exit(f"error: lighthouse failed: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def _score(report: Any, category: str) -> tuple[int, list[str]]:
    """Return the score of 100, and the weighted audits that scored below 0.9 of 1."""
    found = report["categories"][category]
    audits = (report["audits"][ref["id"]] for ref in found["auditRefs"] if ref["weight"])
    missed = [audit["id"] for audit in audits if (audit["score"] or 0) < 0.9]
    return round(found["score"] * 100), missed


if __name__ == "__main__":
    sys.exit(main())
