"""The settings for systemd are installed with each secret in a file of its own."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.sandbox_process import ROOT

pytestmark = pytest.mark.slow

SETTINGS = """# The site
PUBLIC_URL=https://callback.example.fr
SECRET_KEY=a$b=#c

EMAIL_PASSWORD='two words'
SENTRY_DSN=
PORT=8123
"""


def install(source: Path, target: Path) -> str:
    """Run the script; return what it says."""
    script = str(ROOT / "deploy" / "install_settings.py")
    done = subprocess.run(
        [sys.executable, script, str(source), str(target)], capture_output=True, text=True
    )
    assert bool(done.returncode) == bool(done.stderr)
    return done.stderr


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / ".env"
    file.write_text(SETTINGS)
    return file


def test_each_secret_is_in_a_file_of_its_own_that_only_its_owner_reads(
    source: Path, tmp_path: Path
) -> None:
    target = tmp_path / "etc"
    assert install(source, target) == ""
    assert (target / "callback.env").read_text() == (
        "# The site\nPUBLIC_URL=https://callback.example.fr\nPORT=8123\n"
    )
    secrets = {path.name: path.read_text() for path in (target / "secrets").iterdir()}
    assert secrets == {"SECRET_KEY": "a$b=#c\n", "EMAIL_PASSWORD": "two words\n"}
    for path in target.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_what_is_installed_is_never_replaced(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "etc"
    install(source, target)
    assert install(source, target) == ""
    source.write_text(SETTINGS.replace("a$b=#c", "another").replace("8123", "9"))
    assert install(source, target).startswith(f"{target}/secrets/SECRET_KEY exists, with another")
    assert "8123" in (target / "callback.env").read_text()


def test_a_file_that_is_no_good_is_refused_with_a_sentence(tmp_path: Path) -> None:
    source, target = tmp_path / ".env", tmp_path / "etc"
    assert install(source, target) == f"{source} cannot be read.\n"
    source.write_text("PORT=1\nwhat is this\n")
    assert install(source, target) == f"{source}: line 2 is no NAME=VALUE.\n"
    assert not target.exists()
