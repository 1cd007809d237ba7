"""Build the image, run the processes of deploy/compose.yaml from it, and use the site.

It runs as root in mount, process and network namespaces of its own (test_containers.py starts it).
buildah makes the image and runs each process in it, on a root that nobody can write to, with the
command, environment, secrets and folders that compose.yaml names. PostgreSQL, Redis and nginx are
those of this machine, at the addresses that compose.yaml gives them.
"""

import ast
import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from cryptography.fernet import Fernet

from tests.support import programs
from tests.support.call_service.stand_in import StandIn
from tests.support.sandbox_process import ROOT
from tests.support.servers import throwaway_postgresql
from tests.support.visitor import ask_for_a_call, fetch

NAME = "callback.example.fr"
BASE = "docker.io/library/python:3.13-slim"
ACCOUNT = 10001  # of the image
OPTIONS = (
    "--no-input --username chief --email chief@example.fr --widget Shop --originate demo "
    "--origins https://shop.example --test-number ''"
)
MIRROR = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
BUILD_TOOLS = ("gcc", "cc", "make", "git", "pip", "/venv/bin/pip")


def run(*command: str | Path) -> str:
    """Run a command; return what it printed. A failing one ends all."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(
            "\n".join([shlex.join(map(str, command)), done.stdout[-3000:], done.stderr[-3000:]])
        )
    return done.stdout.strip()


def say(done: str) -> None:
    print(done, flush=True)


def until(condition: Callable[[], object], what: str, patience: float = 60) -> None:
    """Wait for the condition."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"waited in vain for {what}")
        time.sleep(0.1)


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


def services(given: dict[str, str]) -> dict[str, Any]:
    """Return the services of deploy/compose.yaml, with the variables that it asks for."""

    def value(match: re.Match[str]) -> str:
        name, default = match["name"], match["default"]
        return given[name] if default is None else given.get(name, default)

    text = (ROOT / "deploy/compose.yaml").read_text()
    text = re.sub(r"\$\{(?P<name>\w+)(?::\?[^}]*|:-(?P<default>[^}]*))?\}", value, text)
    found: dict[str, Any] = yaml.safe_load(text)["services"]
    return found


def prepare_machine(folder: Path) -> None:
    """Give the names, addresses and folders of compose.yaml to this machine's servers."""
    os.unshare(os.CLONE_NEWNET)
    run("ip", "link", "set", "lo", "up")
    Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").write_text("0")
    hosts = folder / "hosts"
    hosts.write_text(f"127.0.0.1 localhost web redis database {NAME}\n")
    run("mount", "--bind", hosts, "/etc/hosts")
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    for name, mode in (("tmp", 0o1777), ("proxy", 0o1777)):
        (folder / name).mkdir()
        (folder / name).chmod(mode)


def write_secrets(database_url: str, service: StandIn, folder: Path) -> None:
    """Write the secrets where a container finds them."""
    place = Path("/run/secrets")
    place.mkdir()
    run(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
        *("-keyout", place / "tls_key", "-out", place / "tls_certificate"),
        *("-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"),
    )
    shutil.copy(place / "tls_certificate", folder / "certificate")
    os.environ["SSL_CERT_FILE"] = str(folder / "certificate")
    values = {
        "secret_key": secrets.token_hex(32),
        "hash_key": secrets.token_hex(32),
        "encryption_keys": Fernet.generate_key().decode(),
        "uhlive_client_secret": service.credentials["client_secret"],
        "database_url": database_url,
    }
    for name, value in values.items():
        (place / name).write_text(value)
    for path in place.iterdir():
        path.chmod(0o600)
        os.chown(path, ACCOUNT, ACCOUNT)


@contextmanager
def redis(folder: Path) -> Iterator[None]:
    """Run Redis at the port that compose.yaml names."""
    command = [str(programs.redis()), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def check_image(image: Image, web: dict[str, Any]) -> None:
    """The image is small, has no build tools, and runs as nobody on a root that is read-only."""
    configuration = image.configuration()
    assert configuration["User"] == "callback"
    assert configuration["Healthcheck"]["Test"], configuration
    assert image.added_bytes() < 160e6, image.added_bytes()
    script = "\n".join(f"if command -v {tool}; then exit 1; fi" for tool in BUILD_TOOLS)
    run(*image.command(web, "sh", "-c", script))
    assert run(*image.command(web, "id", "-u")) == str(ACCOUNT)
    tried = "touch /app/x; touch /usr/x; touch /app/var/x && touch /tmp/x && rm /app/var/x /tmp/x"
    done = subprocess.run(
        image.command(web, "sh", "-c", tried, root=True), capture_output=True, text=True
    )
    assert done.stderr.count("Read-only file system") == 2, done.stderr
    assert done.returncode == 0, done.stderr


def use(site: dict[str, Any], image: Image, service: StandIn) -> None:
    """Set the site up, ask for a call, and see it placed once."""
    check = site["web"]["healthcheck"]["test"]
    assert check[0] == "CMD"
    command = image.command(site["web"], *check[1:])
    until(lambda: subprocess.run(command, capture_output=True).returncode == 0, "the health check")
    say("healthy")
    setup = shlex.split(f"python manage.py setup {OPTIONS}")
    told = run(*image.command(site["web"], *setup))
    public_id = re.search(r"Public id: (\S+)", told)[1]  # type: ignore[index]
    form = f"http://{NAME}/w/{public_id}/"  # which leads to https
    assert ask_for_a_call(form, "0612345678").url.startswith(f"https://{NAME}/r/")
    until(lambda: service.seen.calls.total(), "the call")
    assert service.seen.calls == {"+33612345678": 1}
    assert service.seen.wrong == []
    say("a visitor was called")
    lines = fetch(f"https://{NAME}/readyz").text
    assert lines.startswith("ok\n"), lines


def processes_of(account: int) -> set[str]:
    """Return the commands that run under an account: their words that name the part of the site."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_text().split("\0")
            if folder.stat().st_uid == account:
                found |= {"run_huey", "run_housekeeping", "gunicorn", "nginx:"} & set(
                    " ".join(words).split()
                )
        except OSError:
            continue
    return found


def main(folder: Path) -> None:
    """Go the whole way, and say what worked."""
    image = Image(folder)
    image.build()
    say("built")
    prepare_machine(folder)
    image.start()
    with (
        StandIn() as service,
        throwaway_postgresql() as database,
        redis(folder),
    ):
        write_secrets(database.url, service, folder)
        site = services(
            {
                "PUBLIC_URL": f"https://{NAME}",
                "UHLIVE_CLIENT_ID": service.credentials["client_id"],
            }
        )
        for name in ("prepare", "web", "worker", "housekeeping"):
            site[name]["environment"] |= {
                "UHLIVE_TOKEN_URL": service.token_url,
                "UHLIVE_CALL_URL": service.call_url,
            }
        check_image(image, site["web"])
        say("small, nobody's, and read-only")
        run(*image.command(site["prepare"], *shlex.split(site["prepare"]["command"])))
        running = [
            image.command(site[name], *shlex.split(site[name]["command"]))
            for name in ("web", "worker", "housekeeping")
        ]
        running.append(proxy(site["proxy"], folder))
        logs = [folder / f"{index}.log" for index in range(len(running))]
        started = [
            subprocess.Popen(command, stdout=log.open("w"), stderr=subprocess.STDOUT)
            for command, log in zip(running, logs, strict=True)
        ]
        try:
            use(site, image, service)
        except BaseException:
            print(*(log.read_text()[-2000:] for log in logs), sep="\n")
            raise
        assert processes_of(ACCOUNT) == {"run_huey", "run_housekeeping", "gunicorn", "nginx:"}
        say("all processes are nobody's")
        for process in started:
            process.kill()


def proxy(service: dict[str, Any], folder: Path) -> list[str]:
    """Return the command of the proxy, run by this machine's nginx in the service's place."""
    own = folder / "deploy"
    own.mkdir()
    for volume in service["volumes"]:
        name = volume.split(":")[0]
        text = (ROOT / "deploy" / name).read_text()
        text = text.replace("/tmp/", f"{folder}/proxy/").replace("/deploy/", f"{own}/")
        (own / Path(name).name).write_text(text)
    folder.chmod(0o755)
    words = shlex.split(service["command"].replace("/deploy/", f"{own}/"))
    user = service["user"]
    nobody = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--bounding-set=-all"]
    public_url = service["environment"]["PUBLIC_URL"]
    path = f"PATH={os.environ['PATH']}:/usr/sbin"
    return [*nobody, "env", "-i", path, f"PUBLIC_URL={public_url}", *words]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
