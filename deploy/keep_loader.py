#!/usr/bin/env python
"""Store the current loader for the sites that pin it: `.venv/bin/python deploy/keep_loader.py`.

Run it after each change of static/embed/loader.js and commit the new file with the change; a test
fails until then. Earlier files stay. Delete one by hand only if it was never released.
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
    from callbacks.widgets import loader

    kept = loader.KEPT / loader.kept_name(loader.script(loader.LOADER).digest)
    kept.parent.mkdir(exist_ok=True)
    kept.write_bytes(loader.to_keep())
    print(kept.relative_to(ROOT))


if __name__ == "__main__":
    main()
