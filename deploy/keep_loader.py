#!/usr/bin/env python
"""Keeps the loader as it is now, for the sites that pin it: .venv/bin/python deploy/keep_loader.py

To be run after each change of static/embed/loader.js, and committed with it; a test fails until
then. What was kept before stays: only what was in no release may be deleted by hand.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def main() -> None:
    from tests.support import environment

    environment.prepare()
    os.environ["DJANGO_SETTINGS_MODULE"] = "callback_site.settings"
    from callbacks.public.embed import scripts

    kept = scripts.KEPT / scripts.kept_name(scripts.script(scripts.LOADER).digest)
    kept.parent.mkdir(exist_ok=True)
    kept.write_bytes(scripts.to_keep())
    print(kept.relative_to(ROOT))


if __name__ == "__main__":
    main()
