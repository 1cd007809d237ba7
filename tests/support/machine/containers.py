"""Build the image, run the processes of deploy/compose.yaml from it, and use the site.

It runs as root in mount, process and network namespaces of its own (test_containers.py starts it).
buildah makes the image and runs each process in it, on a root that nobody can write to, with the
command, environment, secrets and folders that compose.yaml names. PostgreSQL, Redis and nginx are
those of this machine, at the addresses that compose.yaml gives them.
"""

import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from cryptography.fernet import Fernet

from tests.support import programs
from tests.support.call_service.stand_in import StandIn
from tests.support.machine.commands import say, until
from tests.support.machine.image import Image, run
from tests.support.sandbox_process import ROOT
from tests.support.servers import throwaway_postgresql
from tests.support.visitor import ask_for_a_call, fetch

NAME = "callback.example.fr"
ACCOUNT = 10001  # of the image
OPTIONS = (
    "--no-input --username chief --email chief@example.fr --widget Shop --originate demo "
    "--origins https://shop.example --test-number ''"
)
BUILD_TOOLS = ("gcc", "cc", "make", "git", "pip", "/venv/bin/pip")


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
    # /readyz keeps an answer for some seconds, and the health check may have asked too early.
    until(lambda: fetch(f"https://{NAME}/readyz").text.startswith("ok\n"), "/readyz")


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
