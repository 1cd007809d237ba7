"""deploy/venv.sh with stand-ins for Python on a PATH of its own: nothing is really installed."""

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[2] / "deploy" / "venv.sh"
TOOLS = ("cat", "cmp", "cp", "dirname", "grep", "mkdir", "rm", "sh")
LISTS = {"requirements.txt": "django==6.1\n", "requirements-dev.txt": "django==6.1\npytest==9.2\n"}

STAND_IN = """#!/bin/sh
case "$*" in
*"sys.version_info <"*) exit {too_old} ;;
*"sys.version_info["*) echo {version} ;;
"-c import ensurepip, venv") exit {without_venv} ;;
"-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
"-m pip --version") exit 0 ;;
"-m pip install"*) echo "$*" >>pip-calls
{pip}
;;
*) exit 99 ;;
esac
"""


class Folder:
    """A project folder whose path has a space, and a PATH with nothing on it but a few tools."""

    def __init__(self, root: Path) -> None:
        self.programs = root / "bin"
        self.project = root / "a project"
        self.programs.mkdir()
        (self.project / "deploy").mkdir(parents=True)
        shutil.copy(SCRIPT, self.project / "deploy")
        for name, text in LISTS.items():
            (self.project / name).write_text(text)
        for tool in TOOLS:
            (self.programs / tool).symlink_to(shutil.which(tool))  # type: ignore[arg-type]

    def add_python(
        self, name: str, version: str = "3.13.1", *, venv: bool = True, pip: str = ""
    ) -> Path:
        """A stand-in for a Python of that version; `pip` is what its pip does, in shell."""
        path = self.programs / name
        too_old = tuple(map(int, version.split("."))) < (3, 12)
        text = STAND_IN.format(
            too_old=int(too_old), version=version, without_venv=int(not venv), pip=pip
        )
        path.write_text(text)
        path.chmod(0o755)
        return path

    def run(
        self, requirements: str = "requirements.txt", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # type: ignore[call-overload]
            ["sh", self.project / "deploy" / "venv.sh", requirements],
            env={"PATH": str(self.programs)} | environment,
            capture_output=True,
            text=True,
            timeout=30,
            # Root may write everywhere, so it would never see a refusal.
            **({"user": "nobody"} if os.geteuid() == 0 else {}),
        )

    def refusal(self, requirements: str = "requirements.txt", **environment: str) -> str:
        """Run, and return the one line on stderr that it must fail with."""
        result = self.run(requirements, **environment)
        assert result.returncode == 1
        assert result.stderr.count("\n") == 1, result.stderr
        assert result.stderr.startswith("error: ")
        assert self.stamps() == []
        return result.stderr

    def stamps(self) -> list[str]:
        return sorted(path.name for path in self.project.glob(".venv/requirements*.txt"))

    def pip_calls(self) -> list[str]:
        calls = self.project / "pip-calls"
        return calls.read_text().splitlines() if calls.exists() else []


@pytest.fixture
def folder() -> Iterator[Folder]:
    # Not pytest's tmp_path: only its owner may enter that one.
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        folder = Folder(root)
        folder.project.chmod(0o777)
        yield folder


def test_installs_the_locked_list_into_a_new_venv(folder: Folder) -> None:
    folder.add_python("python3")
    result = folder.run()
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "Installing 1 packages into .venv …\n"
    (call,) = folder.pip_calls()
    assert "--require-hashes" in call
    assert call.endswith("-r requirements.txt")
    assert folder.stamps() == ["requirements.txt"]


def test_does_nothing_when_the_list_is_installed(folder: Folder) -> None:
    folder.add_python("python3")
    folder.run()
    assert folder.run().stdout == ""
    assert len(folder.pip_calls()) == 1


def test_installs_again_when_the_list_changed(folder: Folder) -> None:
    folder.add_python("python3")
    folder.run()
    (folder.project / "requirements.txt").write_text("django==6.2\n")
    assert folder.run().returncode == 0
    assert len(folder.pip_calls()) == 2


def test_the_development_list_holds_the_other_one(folder: Folder) -> None:
    folder.add_python("python3")
    folder.run("requirements-dev.txt")
    folder.run("requirements.txt")
    assert len(folder.pip_calls()) == 1


def test_another_runtime_list_makes_the_development_list_doubtful(folder: Folder) -> None:
    folder.add_python("python3")
    folder.run("requirements-dev.txt")
    (folder.project / "requirements.txt").write_text("django==6.2\n")
    folder.run("requirements.txt")
    assert folder.stamps() == ["requirements.txt"]


def test_takes_a_newer_python_under_another_name(folder: Folder) -> None:
    folder.add_python("python3", "3.11.2")
    folder.add_python("python3.12", "3.12.0")
    assert folder.run().returncode == 0


def test_python_names_the_one_to_take(folder: Folder) -> None:
    folder.add_python("python3", "3.11.2")
    mine = folder.add_python("my python", "3.14.0")
    assert folder.run(PYTHON=str(mine)).returncode == 0


def test_rebuilds_a_venv_whose_python_is_too_old(folder: Folder) -> None:
    folder.add_python("python3")
    folder.run()
    old = folder.add_python("old", "3.11.2")
    shutil.copy(old, folder.project / ".venv" / "bin" / "python")
    assert folder.run().returncode == 0
    assert len(folder.pip_calls()) == 2


def test_rebuilds_a_venv_whose_python_has_vanished(folder: Folder) -> None:
    folder.add_python("python3")
    folder.run()
    python = folder.project / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert folder.run().returncode == 0
    assert len(folder.pip_calls()) == 2


def test_an_interrupted_install_is_done_again(folder: Folder) -> None:
    folder.add_python("python3", pip="[ -e interrupted ] || { : >interrupted; kill -9 $PPID; }")
    assert folder.run().returncode == -9
    assert folder.stamps() == []
    assert folder.run().returncode == 0
    assert folder.stamps() == ["requirements.txt"]


def test_refuses_without_any_python(folder: Folder) -> None:
    sentence = folder.refusal()
    assert "no Python was found" in sentence
    assert "3.12" in sentence
    assert "apt install python3" in sentence


def test_refuses_a_python_that_does_not_run(folder: Folder) -> None:
    shim = folder.programs / "python3"
    shim.write_text("#!/bin/sh\necho 'python3: version 3.13 is not installed' >&2\nexit 127\n")
    shim.chmod(0o755)
    assert "no Python was found" in folder.refusal()


def test_refuses_a_python_that_is_too_old(folder: Folder) -> None:
    folder.add_python("python3", "3.11.2")
    sentence = folder.refusal()
    assert "python3 is Python 3.11.2" in sentence
    assert "3.12 or newer is needed" in sentence


def test_refuses_a_wrong_name_rather_than_take_another_python(folder: Folder) -> None:
    folder.add_python("python3")
    assert "'/no/such/python'" in folder.refusal(PYTHON="/no/such/python")


def test_refuses_without_the_venv_module(folder: Folder) -> None:
    folder.add_python("python3", venv=False)
    assert "apt install python3-venv" in folder.refusal()


def test_refuses_in_a_folder_that_cannot_be_written(folder: Folder) -> None:
    folder.add_python("python3")
    folder.project.chmod(stat.S_IRUSR | stat.S_IXUSR | stat.S_IRGRP | stat.S_IXGRP | 0o5)
    sentence = folder.refusal()
    assert str(folder.project) in sentence
    assert "writable" in sentence


@pytest.mark.parametrize(
    ("pip_says", "words"),
    [
        (
            "ERROR: Could not find a version that satisfies the requirement django==6.1",
            "PIP_INDEX_URL",
        ),
        ("WARNING: Retrying after connection broken: NewConnectionError", "check the network"),
        ("ReadTimeoutError: Read timed out.", "check the network"),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("PermissionError: [Errno 13] Permission denied", "writable"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS", "locked"),
        ("error: subprocess-exited-with-error", ".venv/install.log"),
    ],
)
def test_says_what_to_do_when_pip_fails(folder: Folder, pip_says: str, words: str) -> None:
    folder.add_python("python3", pip=f"echo '{pip_says}'; exit 1")
    assert words in folder.refusal()
    assert pip_says in (folder.project / ".venv" / "install.log").read_text()


def test_refuses_a_list_that_is_not_there(folder: Folder) -> None:
    folder.add_python("python3")
    assert "no file other.txt" in folder.refusal("other.txt")
