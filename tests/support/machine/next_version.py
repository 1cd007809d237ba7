"""A version to come: this one, with one more migration."""

from pathlib import Path

from tests.support.machine.commands import run
from tests.support.next_version import PREVIOUS
from tests.support.sandbox_process import ROOT

IMPORT = "from tests.support.next_version import PREVIOUS\n"
NAME = "9999_next_version"


def make_repository(folder: Path) -> Path:
    """Return a repository whose newest commit is that version."""
    clone = folder / "next"
    run(f"git clone -q {ROOT} {clone}", folder)
    text = (ROOT / "tests" / "support" / "next_version" / f"{NAME}.py").read_text()
    assert IMPORT in text
    text = text.replace(IMPORT, f'PREVIOUS = "{PREVIOUS}"\n')
    (clone / "callbacks" / "migrations" / f"{NAME}.py").write_text(text)
    run("git add -A; git -c user.name=x -c user.email=x@example.fr commit -qm next", clone)
    return clone
