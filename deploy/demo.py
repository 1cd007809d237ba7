#!/usr/bin/env python
"""Run a manage.py command in the environment of the demo; without a command, run the demo.

    deploy/demo.py                          what `make demo` does
    deploy/demo.py changepassword demo      any other command, on the demo's database

`DEMO_DIR` names the folder where the demo keeps its files; the default is var/demo.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import manage  # noqa: E402
from callbacks.operations import demo_environment  # noqa: E402


def main(arguments: list[str]) -> None:
    """Run the command; exit with one sentence if the environment cannot be used."""
    folder = Path(os.environ.get("DEMO_DIR") or ROOT / "var" / "demo").absolute()
    try:
        complete = demo_environment.environment(os.environ, folder)
    except demo_environment.Unusable as error:
        sys.exit(f"Cannot start: {error}")
    except OSError as error:
        sys.exit(f"Cannot start: {folder} cannot be written ({error.strerror}).")
    os.environ.clear()
    os.environ.update(complete)
    os.chdir(ROOT)
    named = bool(arguments) and not arguments[0].startswith("-")
    sys.argv = ["manage.py", *([] if named else ["demo"]), *arguments]
    manage.main()


if __name__ == "__main__":
    main(sys.argv[1:])
