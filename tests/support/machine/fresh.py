"""Make this process's machine a fresh one: with Python and Debian's packages, without the site."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.machine import systemd, units
from tests.support.sandbox_process import ROOT

# What programs write. On a fresh machine, these folders are as their packages left them.
WRITTEN = ("/run", "/mnt", "/var/backups", "/var/log", "/var/lib/postgresql", "/var/lib/redis")


def prepare(folder: Path) -> None:
    """Replace what a site would find and change; `folder` keeps what is needed for that.

    The process is in a mount namespace of its own.
    """
    for place in ("opt", "var/lib"):
        _without_the_site(Path("/") / place, folder / place)
    for written in filter(Path.is_dir, map(Path, WRITTEN)):
        _empty(written)
    subprocess.run(["cp", "--archive", "/etc", folder / "etc"], check=True)
    subprocess.run(["mount", "--bind", folder / "etc", "/etc"], check=True)
    units.UNITS.mkdir(parents=True, exist_ok=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # Where the account of the site may read it, too.
    Path("/mnt/python").mkdir()
    subprocess.run(["mount", "--bind", sys.base_prefix, "/mnt/python"], check=True)
    Path("/etc/ld.so.conf.d/python.conf").write_text("/mnt/python/lib\n")
    subprocess.run(["/sbin/ldconfig"], check=True)
    python = Path("/mnt/python/bin") / f"python3.{sys.version_info.minor}"
    programs = folder / "bin"
    programs.mkdir()
    for name in ("systemctl", "systemd-run"):
        program = programs / name
        program.write_text(
            f"#!/bin/sh\nPYTHONPATH={ROOT} STAND_IN_FOR={name} "
            f'exec {sys.executable} {systemd.__file__} "$@"\n'
        )
        program.chmod(0o755)
    os.environ |= {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHON": str(python)}


def _without_the_site(place: Path, old: Path) -> None:
    """Let a folder hold only what else this machine keeps there. `old` is where that moves."""
    old.mkdir(parents=True)
    subprocess.run(["mount", "--rbind", place, old], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", place], check=True)
    for kept in filter(Path.is_dir, old.iterdir()):
        if not kept.name.startswith("callback"):
            (place / kept.name).mkdir()
            subprocess.run(["mount", "--rbind", kept, place / kept.name], check=True)


def _empty(place: Path) -> None:
    """Hide what is in a folder. It and its folders keep their owners and rights."""
    folders = [(path.name, path.stat()) for path in place.iterdir() if path.is_dir()]
    own = place.stat()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=True)
    packages = [] if str(place) in {"/mnt", "/run"} else folders
    for path, kept in [(place, own), *((place / name, of) for name, of in packages)]:
        path.mkdir(exist_ok=True)
        os.chown(path, kept.st_uid, kept.st_gid)
        path.chmod(kept.st_mode & 0o7777)
