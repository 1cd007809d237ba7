"""Install the site on four machines by the commands of docs/several_machines.md; then lose one."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.call_service.stand_in import StandIn
from tests.support.machine import next_version, remote
from tests.support.machine.commands import block, run, say, until
from tests.support.machine.one_machine import NAME, OPTIONS
from tests.support.machine.remote import Remote
from tests.support.machine.visitors import LET_THEM, Visitors
from tests.support.sandbox_process import ROOT
from tests.support.visitor import ask_for_a_call, fetch

DOCUMENT, ONE = "docs/several_machines.md", "docs/systemd.md"
ADDRESSES = {
    "database": "10.0.0.1",
    "web": "10.0.0.2",
    "worker-1": "10.0.0.3",
    "worker-2": "10.0.0.4",
}
# Shorter than usual, so that it is soon certain that a lost machine is not still placing a call.
TIMES = "UHLIVE_CONNECT_TIMEOUT=1\nUHLIVE_READ_TIMEOUT=12\n"
# Three visitors ask for all the calls, as fast as the machines can place them.
NO_LIMITS = "PACE_CALLS=0\nRATE_PER_ADDRESS=100000/h\n"
LATER = 3  # forms after the loss of a machine
MOST = 60  # forms until each worker has placed calls
REQUESTS = (
    "import json; from callbacks.models import CallRequest; print(json.dumps(list("
    "CallRequest.objects.values_list('status', 'reason', 'attempts__worker'))))"
)


class Service(StandIn):
    """The call service. It knows which machine called, and can keep a machine waiting."""

    def __init__(self) -> None:
        super().__init__(host=remote.OUTSIDE)
        self.callers: dict[str, set[str]] = {}
        self.kept_waiting = ""
        self._never = threading.Event()

    def before_answering(self, caller: str, path: str, body: bytes) -> None:
        if path.endswith("/startcall"):
            self.callers.setdefault(caller, set()).add(json.loads(body)["destination"])
            if caller == self.kept_waiting:
                self._never.wait(60)


class Site:
    """The machines, and what visitors of the site do."""

    def __init__(self, folder: Path, service: Service) -> None:
        self.folder, self.service = folder, service
        self.url = f"https://{NAME}"
        self.form = ""
        self.asked: list[str] = []
        self._turn = 0

        def start(name: str) -> Remote:
            machine = Remote(name, ADDRESSES[name], folder)
            machine.relay(service.server.server_port)
            return machine

        with ThreadPoolExecutor() as threads:
            started = threads.map(start, ADDRESSES)
            self.database, self.web, *self.workers = started

    def install(self) -> None:
        """Run the commands of the documents, machine by machine."""
        versions = "/usr/lib/postgresql"
        # What `apt install postgresql` does.
        self.database.run(
            "rm -rf /etc/postgresql/*; "
            f'pg_createcluster "$(ls {versions} | sort -V | tail -1)" main --start >&2'
        )
        self.database.run(block(DOCUMENT, "Database"))
        self._write_settings()
        self._install(self.web, block(DOCUMENT, "Web", "systemctl enable"))
        with ThreadPoolExecutor() as threads:
            commands = block(DOCUMENT, "Workers", "systemctl enable")
            list(threads.map(lambda machine: self._install(machine, commands), self.workers))
        say("installed")

    def set_up(self) -> None:
        """Make the first widget, and put nginx in front."""
        told = self._manage(f"setup {OPTIONS}")
        self.form = f"{self.url}/w/{re.search(r'Public id: (\S+)', told)[1]}/"  # type: ignore[index]
        self.web.run(
            "mkdir /etc/nginx/callback; cd /etc/nginx/callback; "
            "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem "
            f"-out certificate.pem -subj /CN={NAME} -addext subjectAltName=DNS:{NAME} 2>/dev/null; "
            f"cp certificate.pem {self.folder}"
        )
        os.environ["SSL_CERT_FILE"] = str(self.folder / "certificate.pem")
        self.web.run(block(DOCUMENT, "Web", "nginx"))
        self._manage(LET_THEM)
        until(lambda: fetch(f"{self.url}/readyz").text.startswith("ok\n"), "/readyz")
        say("set up")

    def upgrade(self) -> None:
        """Run the commands that bring a new version, first for the web, then worker by worker."""
        repository = next_version.make_repository(self.folder)
        commands = block(ONE, "Upgrade", "git clone").replace("REPOSITORY", str(repository))
        self.web.run(_without("callback-worker", commands))
        for machine in self.workers:
            machine.run(_without("callback-web", commands))

    def ask(self) -> None:
        """Ask for a call of one more number."""
        self._turn += 1
        turn = self._turn
        self.asked.append(f"+33612345{turn:03}")
        page = ask_for_a_call(self.form, f"0612345{turn:03}", f"jo{turn}@example.fr")
        assert page.status == 200, page.text

    def requests(self) -> list[tuple[str, str, str]]:
        """Return each request: status, reason, and the name of the machine that tried to call."""
        rows = json.loads(self._manage(f'shell --verbosity 0 --command "{REQUESTS}"'))
        return [
            (status, reason, (worker or "").partition(":")[0]) for status, reason, worker in rows
        ]

    def _write_settings(self) -> None:
        """Write .env as the documents say, and copy it to each machine of the site."""
        clone = self.folder / "clone"
        run(f"git clone -q {ROOT} {clone}", self.folder)
        (clone / ".venv").symlink_to(sys.prefix)
        run(block("README.md", "Run it in production", "cat > .env"), clone)
        run(block(DOCUMENT, "Settings"), clone)
        secret = self.database.run("cat /root/callback_password").strip()
        text = (clone / ".env").read_text().replace("PASSWORD@", f"{secret}@")
        for name, value in self.service.credentials.items():
            text = text.replace(f"UHLIVE_{name.upper()}=…", f"UHLIVE_{name.upper()}={value}")
        assert "…" not in text
        text += (
            f"UHLIVE_TOKEN_URL={self.service.token_url}\nUHLIVE_CALL_URL={self.service.call_url}\n"
        )
        # Each machine passes these on, because without TLS the service must be on the same machine.
        text = text.replace(remote.OUTSIDE, "127.0.0.1")
        (clone / ".env").write_text(text + TIMES + NO_LIMITS)
        for machine in (self.web, *self.workers):
            shutil.copy(clone / ".env", machine.folder)

    def _install(self, machine: Remote, commands: str) -> None:
        first = block(ONE, "systemd", "useradd").replace("REPOSITORY", str(ROOT))
        machine.run(first + commands)

    def _manage(self, command: str) -> str:
        """Run a command of manage.py on the web machine, as docs/systemd.md says."""
        commands = block(ONE, "systemd", "manage.sh")
        return self.web.run(commands.replace("manage.sh setup", f"manage.sh {command}"))


def _without(unit: str, commands: str) -> str:
    """Leave out what is for a process that does not run on that machine."""
    restart = f"systemctl restart {unit}\n"
    assert restart in commands
    return commands.replace(restart, "")


def main(folder: Path) -> None:
    """Go the whole way, and say what worked."""
    remote.make_network()
    # Visitors, of whom this process is one, find the site by its name.
    hosts = folder / "hosts"
    hosts.write_text(f"{Path('/etc/hosts').read_text()}\n{ADDRESSES['web']} {NAME}\n")
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)
    with Service() as service:
        site = Site(folder, service)
        site.install()
        site.set_up()
        call_from_other_machines(site)
        upgrade(site)
        lose_a_worker(site)
        assert service.seen.wrong == []


def call_from_other_machines(site: Site) -> None:
    """The web machine runs no worker, so all calls come from the others."""
    calls, callers = site.service.seen.calls, site.service.callers
    site.ask()
    until(calls.total, "the call")
    assert set(callers) <= {machine.address for machine in site.workers}
    say("a visitor who asked on one machine was called from another")
    while len(callers) < 2:
        assert len(site.asked) < MOST, callers
        site.ask()
    until(lambda: calls.total() == len(site.asked), "all calls")
    assert calls == dict.fromkeys(site.asked, 1)
    say("both workers called")


def upgrade(site: Site) -> None:
    """Bring a new version, with a migration, while visitors ask for calls all the time."""
    calls = site.service.seen.calls
    before = calls.total()
    with Visitors(site.form) as visitors:
        site.upgrade()
    until(lambda: calls.total() >= before + len(visitors.accepted), "all calls")
    visitors.were_served(calls)
    for machine in (site.web, *site.workers):
        assert machine.run("readlink /opt/callback") == "callback-2\n"
    site.asked += visitors.accepted
    say("visitors were called once each, while the machines were upgraded one after the other")


def lose_a_worker(site: Site) -> None:
    """Kill all processes of a machine that is placing calls."""
    doomed, other = site.workers
    calls, callers = site.service.seen.calls, site.service.callers
    before = set(callers[doomed.address])
    site.service.kept_waiting = doomed.address
    most = len(site.asked) + MOST
    while not callers[doomed.address] - before:
        assert len(site.asked) < most, callers
        site.ask()
    doomed.lose()
    for _ in range(LATER):
        site.ask()
    until(
        lambda: {status for status, *_ in site.requests()} == {"called", "uncertain"},
        "the end of all requests",
    )
    found = Counter(site.requests())
    # Only now: what the machine sent at its last moment may have arrived a little later.
    held = callers[doomed.address] - before
    # Whether these phones rang, nobody can know. Some calls may not have been sent.
    doubtful = found.pop(("uncertain", "worker_died", doomed.name), 0)
    assert doubtful >= len(held) > 0, found
    assert set(calls.values()) == {1}
    assert len(site.asked) - len(calls) == doubtful - len(held)
    say("a worker was lost, and the calls that it was placing came once each")
    assert found.total() == len(site.asked) - doubtful
    assert {status for status, *_ in found} == {"called"}
    assert set(site.asked[-LATER:]) <= callers[other.address]
    say("the other worker called everybody else")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
