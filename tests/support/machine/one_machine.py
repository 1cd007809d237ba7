"""Install the site on one machine, as root, by the commands of the documents; then use it.

It runs in mount and process namespaces of its own (test_one_machine.py starts it): /etc, /opt,
/run, /mnt and /var/backups are its own, and all its processes end with it.
"""

import os
import pwd
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.support.call_service.stand_in import StandIn
from tests.support.machine import systemd
from tests.support.processes import nginx
from tests.support.sandbox_process import ROOT
from tests.support.servers import free_port
from tests.support.visitor import ask_for_a_call, fetch

NAME = "callback.example.fr"
SERVERS = """
server {{
    listen 127.0.0.1:{tls} ssl; server_name {name};
    ssl_certificate {folder}/certificate; ssl_certificate_key {folder}/key;
    include {folder}/site.conf;
}}
include /opt/callback/deploy/nginx_unknown_hosts.conf;
"""
OPTIONS = (
    "--no-input --username chief --email chief@example.fr --widget Shop --originate demo "
    "--origins https://shop.example --test-number ''"
)


def block(document: str, heading: str, containing: str) -> str:
    """Return the block of commands under a heading that contains this word."""
    text = (ROOT / document).read_text().partition(f"## {heading}\n")[2]
    return next(one for one in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) if containing in one)


def run(commands: str, folder: Path) -> str:
    """Run commands as a person types them; return what they printed. A failing one ends all."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands], cwd=folder, capture_output=True, text=True
    )
    if done.returncode:
        logs = [path.read_text()[-1500:] for path in systemd.STATE.glob("*.log")]
        sys.exit("\n".join([commands, done.stdout, done.stderr, *logs]))
    return done.stdout


def until(condition: Callable[[], object], what: str, patience: float = 60) -> None:
    """Wait for the condition."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            logs = [path.read_text()[-1500:] for path in systemd.STATE.glob("*.log")]
            sys.exit("\n".join([f"waited in vain for {what}", *logs]))
        time.sleep(0.1)


def say(done: str) -> None:
    print(done, flush=True)


class Machine:
    """The machine: `folder` is root's, `url` the address of the site."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.tls = free_port(), free_port()
        self.url = f"https://{NAME}:{self.tls}"

    def prepare(self) -> None:
        """Make a machine that has Python and nothing of the project."""
        old = self.folder / "opt"
        old.mkdir()
        subprocess.run(["mount", "--rbind", "/opt", old], check=True)
        mount = ("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs")
        for place in ("/opt", "/run", "/mnt", "/var/backups"):
            subprocess.run([*mount, place], check=True)
        for kept in filter(Path.is_dir, old.iterdir()):  # what else this machine keeps there
            if kept.name != "callback":
                (Path("/opt") / kept.name).mkdir()
                subprocess.run(["mount", "--rbind", kept, f"/opt/{kept.name}"], check=True)
        shutil.copytree("/etc", self.folder / "etc", symlinks=True)
        subprocess.run(["mount", "--bind", self.folder / "etc", "/etc"], check=True)
        systemd.UNITS.mkdir(parents=True, exist_ok=True)
        with Path("/etc/hosts").open("a") as hosts:
            hosts.write(f"\n127.0.0.1 {NAME}\n")
        # Where the account of the site may read it, too.
        Path("/mnt/python").mkdir()
        subprocess.run(["mount", "--bind", sys.base_prefix, "/mnt/python"], check=True)
        Path("/etc/ld.so.conf.d/python.conf").write_text("/mnt/python/lib\n")
        subprocess.run(["/sbin/ldconfig"], check=True)
        python = Path("/mnt/python/bin") / f"python3.{sys.version_info.minor}"
        programs = self.folder / "bin"
        programs.mkdir()
        for name in ("systemctl", "systemd-run"):
            program = programs / name
            program.write_text(
                f'#!/bin/sh\nSTAND_IN_FOR={name} exec {sys.executable} {systemd.__file__} "$@"\n'
            )
            program.chmod(0o755)
        os.environ |= {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHON": str(python)}

    def write_settings(self, service: StandIn) -> None:
        """Write .env as the README says, with this machine's own values."""
        site = self.folder / "site"
        run(f"git clone -q {ROOT} {site}", self.folder)
        (site / ".venv").symlink_to(sys.prefix)
        run(block("README.md", "Run it in production", "cat > .env"), site)
        text = (site / ".env").read_text().replace(f"https://{NAME}", self.url)
        text = text.replace("CLIENT_ID=…", f"CLIENT_ID={service.credentials['client_id']}")
        text = text.replace(
            "CLIENT_SECRET=…", f"CLIENT_SECRET={service.credentials['client_secret']}"
        )
        assert "…" not in text
        text += f"PORT={self.port}\n"
        text += f"UHLIVE_TOKEN_URL={service.token_url}\nUHLIVE_CALL_URL={service.call_url}\n"
        (site / ".env").write_text(text)

    def install(self) -> None:
        """Run the commands of docs/systemd.md."""
        commands = block("docs/systemd.md", "systemd", "useradd").replace("REPOSITORY", str(ROOT))
        run(commands, self.folder / "site")

    def manage(self, command: str) -> str:
        """Run a command of manage.py as docs/systemd.md says."""
        commands = block("docs/systemd.md", "systemd", "systemd-run")
        assert commands.rstrip().endswith("manage.py setup")
        return run(commands.replace("manage.py setup", f"manage.py {command}"), self.folder)

    def upgrade(self) -> None:
        """Run the commands of the row "upgrade" of docs/systemd.md."""
        [row] = re.findall(r"\| upgrade \| back up the database, (.*) \|", self._document())
        commands = re.findall(r"`([^`]+)`", row)
        assert [command.split()[0] for command in commands][1:3] == ["git", "sh"]
        run("\n".join(commands), Path("/opt/callback"))

    def servers(self) -> str:
        """Return nginx's configuration, with a certificate of its own."""
        run(
            "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key -out certificate "
            f"-subj /CN={NAME} -addext subjectAltName=DNS:{NAME} 2>/dev/null",
            self.folder,
        )
        os.environ["SSL_CERT_FILE"] = str(self.folder / "certificate")
        site = Path("/opt/callback/deploy/nginx_site.conf").read_text()
        (self.folder / "site.conf").write_text(site.replace(":8000", f":{self.port}"))
        return SERVERS.format(tls=self.tls, name=NAME, folder=self.folder)

    def main_process(self, unit: str) -> int:
        """Return the number of the process that the unit's supervisor has started."""
        supervisor = systemd.active(unit).read_text()
        children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
        return int(children[0]) if children else 0

    def _document(self) -> str:
        return (ROOT / "docs" / "systemd.md").read_text()


def main(folder: Path) -> None:
    """Go the whole way, and say what worked."""
    machine = Machine(folder)
    machine.prepare()
    with StandIn() as service:
        machine.write_settings(service)
        machine.install()
        say("installed")
        check_rights()
        told = machine.manage(f"setup {OPTIONS}")
        public_id = re.search(r"Public id: (\S+)", told)[1]  # type: ignore[index]
        say("set up")
        with nginx.running(machine.servers(), [machine.tls], folder):
            form = f"{machine.url}/w/{public_id}/"
            until(lambda: fetch(f"{machine.url}/readyz").text.startswith("ok\n"), "/readyz")
            ask(form, service, 1)
            say("a visitor was called")
            use(machine, form, service)
        run("systemctl stop callback.target", folder)
        assert service.seen.wrong == []


def use(machine: Machine, form: str, service: StandIn) -> None:
    """Kill the worker, back the database up, and upgrade; visitors are called all the same."""
    killed = machine.main_process("callback-worker.service")
    os.kill(killed, signal.SIGKILL)
    ask(form, service, 2)
    until(
        lambda: machine.main_process("callback-worker.service") not in {0, killed},
        "the worker's next process",
    )
    say("a worker that ended was started again")

    run("systemctl start callback-backup.service", machine.folder)
    [backup] = Path("/var/backups/callback").iterdir()
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert pwd.getpwuid(backup.stat().st_uid).pw_name == "callback"
    say("a backup was made")

    machine.upgrade()
    until(lambda: fetch(f"{machine.url}/readyz").text.startswith("ok\n"), "/readyz again")
    ask(form, service, 3)
    say("after the upgrade, a visitor was called")


def ask(form: str, service: StandIn, turn: int) -> None:
    """Ask for a call; wait until it was placed, and see that each number so far was called once."""
    page = ask_for_a_call(form, f"06123456{turn:02}")
    assert page.status == 200, page.text
    numbers = Counter({f"+336123456{index:02}": 1 for index in range(1, turn + 1)})
    until(lambda: service.seen.calls.total() >= turn, "the call")
    assert service.seen.calls == numbers, service.seen.calls


def check_rights() -> None:
    """The account of the site reads no secret from a file, and changes none of its code."""
    for command in ("cat /etc/callback/callback.env", "touch /opt/callback/manage.py"):
        words = [*shlex.split("setpriv --reuid callback --regid callback --clear-groups"), "sh"]
        done = subprocess.run([*words, "-c", command], capture_output=True)
        assert done.returncode != 0, command


if __name__ == "__main__":
    main(Path(sys.argv[1]))
