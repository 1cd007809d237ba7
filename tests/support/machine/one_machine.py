"""Install the site on one machine, as root, by the commands of the documents; then use it.

It runs in namespaces of its own (`apart`): it has its own /etc, /opt, /run and what programs write,
and all its processes end with it.
"""

import os
import pwd
import re
import shlex
import signal
import stat
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

from tests.support.call_service.stand_in import StandIn
from tests.support.machine import credentials, fresh, next_version, systemd
from tests.support.machine.commands import block, run, say, until
from tests.support.machine.visitors import LET_THEM, Visitors
from tests.support.processes import nginx
from tests.support.sandbox_process import ROOT
from tests.support.visitor import ask_for_a_call, fetch

NAME = "callback.example.fr"
SERVERS = """
server {{
    listen 127.0.0.1:443 ssl; server_name {name};
    ssl_certificate {folder}/certificate; ssl_certificate_key {folder}/key;
    include /opt/callback/deploy/nginx_site.conf;
}}
include /opt/callback/deploy/nginx_unknown_hosts.conf;
"""
OPTIONS = (
    "--no-input --username chief --email chief@example.fr --widget Shop --originate demo "
    "--origins https://shop.example --test-number ''"
)


class Machine:
    """The machine: `folder` is root's, `url` the address of the site."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"https://{NAME}"

    def write_settings(self, service: StandIn) -> None:
        """Write .env as the README says, with this machine's own values."""
        site = self.folder / "site"
        run(f"git clone -q {ROOT} {site}", self.folder)
        (site / ".venv").symlink_to(sys.prefix)
        run(block("README.md", "Run it in production", "cat > .env"), site)
        text = (site / ".env").read_text()
        text = text.replace("CLIENT_ID=…", f"CLIENT_ID={service.credentials['client_id']}")
        text = text.replace(
            "CLIENT_SECRET=…", f"CLIENT_SECRET={service.credentials['client_secret']}"
        )
        assert "…" not in text
        # Three visitors ask for all the calls, as fast as the machine can place them.
        text += "PACE_CALLS=0\nRATE_PER_ADDRESS=100000/h\n"
        text += f"UHLIVE_TOKEN_URL={service.token_url}\nUHLIVE_CALL_URL={service.call_url}\n"
        (site / ".env").write_text(text)

    def install(self) -> None:
        """Run the commands of docs/systemd.md."""
        commands = block("docs/systemd.md", "systemd", "useradd").replace("REPOSITORY", str(ROOT))
        commands += block("docs/systemd.md", "systemd", "systemctl enable")
        run(commands, self.folder / "site")

    def manage(self, command: str) -> str:
        """Run a command of manage.py as docs/systemd.md says."""
        commands = block("docs/systemd.md", "systemd", "manage.sh")
        assert commands.rstrip().endswith("manage.sh setup")
        return run(commands.replace("manage.sh setup", f"manage.sh {command}"), self.folder)

    def upgrade(self) -> None:
        """Run the commands of docs/systemd.md that bring a new version."""
        repository = next_version.make_repository(self.folder)
        commands = block("docs/systemd.md", "Upgrade", "git clone")
        run(commands.replace("REPOSITORY", str(repository)), self.folder)

    def servers(self) -> str:
        """Return nginx's configuration, with a certificate of its own."""
        run(
            "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key -out certificate "
            f"-subj /CN={NAME} -addext subjectAltName=DNS:{NAME} 2>/dev/null",
            self.folder,
        )
        os.environ["SSL_CERT_FILE"] = str(self.folder / "certificate")
        return SERVERS.format(name=NAME, folder=self.folder)

    def main_process(self, unit: str) -> int:
        """Return the number of the process that runs the unit's program; 0 while there is none."""
        supervisor = systemd.active(unit).read_text()
        children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
        # Until it runs that program, a child has its supervisor's command, folder and environment.
        command = Path(f"/proc/{supervisor}/cmdline").read_bytes()
        with suppress(OSError):
            if children and Path(f"/proc/{children[0]}/cmdline").read_bytes() != command:
                return int(children[0])
        return 0

    def started(self, unit: str) -> int:
        """Wait until the unit's program runs, and return the number of its process."""
        return until(lambda: self.main_process(unit), f"{unit} to start")


def main(folder: Path) -> None:
    """Go the whole way, and say what worked."""
    machine = Machine(folder)
    fresh.prepare(folder)
    with Path("/etc/hosts").open("a") as hosts:
        hosts.write(f"\n127.0.0.1 {NAME}\n")
    with StandIn() as service:
        machine.write_settings(service)
        machine.install()
        say("installed")
        check_rights(machine)
        told = machine.manage(f"setup {OPTIONS}")
        public_id = re.search(r"Public id: (\S+)", told)[1]  # type: ignore[index]
        machine.manage(LET_THEM)
        say("set up")
        with nginx.running(machine.servers(), [443], folder):
            form = f"{machine.url}/w/{public_id}/"
            until(lambda: fetch(f"{machine.url}/readyz").text.startswith("ok\n"), "/readyz")
            ask(form, service, 1)
            say("a visitor was called")
            use(machine, form, service)
        run("systemctl stop callback.target", folder)
        assert service.seen.wrong == []


def use(machine: Machine, form: str, service: StandIn) -> None:
    """Kill the worker, back the database up, and upgrade; visitors are called all the same."""
    killed = machine.started("callback-worker.service")
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

    with Visitors(form) as visitors:
        machine.upgrade()
    check_version(machine)
    until(lambda: fetch(f"{machine.url}/readyz").text.startswith("ok\n"), "/readyz again")
    until(lambda: service.seen.calls.total() >= 2 + len(visitors.accepted), "all calls")
    visitors.were_served(service.seen.calls)
    say("visitors were called once each, while the site was upgraded")


def check_version(machine: Machine) -> None:
    """Each process runs from the folder of the new version, on its tables."""
    for kind in ("web", "worker", "housekeeping"):
        unit = f"callback-{kind}.service"
        process = machine.started(unit)
        assert os.readlink(f"/proc/{process}/cwd") == "/opt/callback-2", kind
    assert f"[X] {next_version.NAME}" in machine.manage("showmigrations callbacks")
    lists = Path("/var/lib/callback/static").glob("staticfiles.*.json")
    assert {path.name.split(".")[1] for path in lists} == {"callback-1", "callback-2"}


def ask(form: str, service: StandIn, turn: int) -> None:
    """Ask for a call; wait until it was placed, and see that each number so far was called once."""
    page = ask_for_a_call(form, f"06123456{turn:02}")
    assert page.status == 200, page.text
    numbers = Counter({f"+336123456{index:02}": 1 for index in range(1, turn + 1)})
    until(lambda: service.seen.calls.total() >= turn, "the call")
    assert service.seen.calls == numbers, service.seen.calls


def check_rights(machine: Machine) -> None:
    """Only root reads the settings. Each process has a copy of the secrets, and no variable has."""
    key = Path("/etc/callback/secrets/SECRET_KEY").read_text().strip()
    assert key not in Path("/etc/callback/callback.env").read_text()
    for unit in ("callback-web.service", "callback-worker.service"):
        process = machine.started(unit)
        assert key not in Path(f"/proc/{process}/environ").read_text()
        copy = credentials.CREDENTIALS / unit / "callback_SECRET_KEY"
        assert copy.read_text().strip() == key
        assert _may("callback", f"cat {copy}")
        assert not _may("nobody", f"cat {copy}")
    for command in (
        "cat /etc/callback/callback.env",
        "cat /etc/callback/secrets/SECRET_KEY",
        "touch /opt/callback/manage.py",
    ):
        assert not _may("callback", command), command


def _may(user: str, command: str) -> bool:
    """Whether an account is able to run this command."""
    words = shlex.split(
        f"setpriv --reuid {user} --regid {pwd.getpwnam(user).pw_gid} --clear-groups"
    )
    return subprocess.run([*words, "sh", "-c", command], capture_output=True).returncode == 0


if __name__ == "__main__":
    main(Path(sys.argv[1]))
