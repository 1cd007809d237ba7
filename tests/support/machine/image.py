"""The image of deploy/Containerfile, built by buildah, and the processes that run in it."""

import ast
import json
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.machine import commands
from tests.support.sandbox_process import ROOT

BASE = "docker.io/library/python:3.13-slim"
MIRROR = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")


def run(*command: str | Path) -> str:
    """Run one command; return what it printed.

    Raises:
        commands.Failed: it failed.
    """
    return commands.run(shlex.join(map(str, command)), ROOT).strip()


class Image:
    """The image of deploy/Containerfile, and a container of it whose root is read-only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        storage = ("--root", folder / "store", "--runroot", folder / "run")
        self.buildah: tuple[str | Path, ...] = ("buildah", *storage)

    def build(self) -> None:
        """Build the image on a Debian with Python, which gets the name of the real base image."""
        base = self.folder / "base"
        packages = "ca-certificates,python3,python3-venv"
        run("debootstrap", "--variant=minbase", f"--include={packages}", "trixie", base, MIRROR)
        (base / "usr/bin/python").symlink_to("python3")
        first = run(*self.buildah, "from", "scratch")
        run(*self.buildah, "add", "--quiet", first, base, "/")
        run(*self.buildah, "commit", "--quiet", "--rm", first, BASE)
        shutil.rmtree(base)
        options = (
            "--isolation",
            "chroot",
            "--network",
            "host",
            "--pull-never",
            "--format",
            "docker",
        )
        file = ("--file", ROOT / "deploy/Containerfile", "--tag", "callback")
        run(*self.buildah, "bud", *options, *self._for_pip(), *file, ROOT)

    def _for_pip(self) -> Iterator[str | Path]:
        """Yield options that let the build install from where this machine does."""
        settings = {}
        for line in run(sys.executable, "-m", "pip", "config", "list").splitlines():
            name, _, value = line.partition("=")
            settings[name.rpartition(".")[2]] = ast.literal_eval(value)
        configuration = self.folder / "pip.conf"
        lines = [f"{name} = {value}" for name, value in settings.items()]
        configuration.write_text("\n".join(["[global]", *lines, ""]))
        yield from ("-v", f"{configuration}:/etc/pip.conf:ro")
        words = " ".join(settings.values()).replace("file://", "").split()
        folders = {Path(*Path(word).parts[:3]) for word in words if word.startswith("/")}
        for folder in sorted(folders | {Path("/etc/ssl")}):
            if folder.exists():
                yield from ("-v", f"{folder}:{folder}:ro")

    def added_bytes(self) -> int:
        """Return how much of the container's root is not from the base image."""
        files = [path for place in ("app", "venv") for path in (self.root / place).rglob("*")]
        return sum(path.lstat().st_size for path in files)

    def configuration(self) -> dict[str, Any]:
        """Return what the image says about itself."""
        found: dict[str, Any] = json.loads(
            run(*self.buildah, "inspect", "--type", "image", "callback")
        )
        configuration: dict[str, Any] = found["Docker"]["config"]
        return configuration

    def start(self) -> None:
        """Make the container, and let nobody write to its root from now on."""
        self.container = run(*self.buildah, "from", "--pull-never", "localhost/callback")
        self.root = root = Path(run(*self.buildah, "mount", self.container))
        for name in ("hosts", "resolv.conf"):
            (root / "etc" / name).touch()
        run("mount", "--bind", root, root)
        run("mount", "-o", "remount,bind,ro", root)
        # Where buildah writes a file for each command, and removes it.
        run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", root / "run")
        (root / "run/secrets").mkdir()

    def command(self, service: dict[str, Any], *words: str, root: bool = False) -> list[str]:
        """Return the command that runs these words as the service would."""
        # The volume that the image names, /app/var, is the container's own: all commands share it.
        mounts = {
            "/run/secrets": "/run/secrets:ro",
            str(self.folder / "tmp"): "/tmp",
            "/etc/hosts": "/etc/hosts:ro",
        }
        volumes = [word for here, there in mounts.items() for word in ("-v", f"{here}:{there}")]
        environment = [
            word
            for name, value in service["environment"].items()
            for word in ("--env", f"{name}={value}")
        ]
        user = ["--user", "0"] if root else []
        options = ["--isolation", "chroot", "--network", "host", *user, *volumes, *environment]
        return [*map(str, self.buildah), "run", *options, self.container, "--", *words]
