"""Run the whole site as processes, as in production, for tests over real HTTP.

with Site(folder, token_url=…, call_url=…) as site:
    site.create_widget()
    site.start("web", "worker", "housekeeping")
    …
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support import forked
from tests.support.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60
_collected: set[str | None] = set()  # where this process has put the static files
_migrated: dict[str, bytes] = {}  # a new database, migrated, by the secret key it was made with


class Site:
    """Processes that share one database, queue and environment; `url` is the web address."""

    def __init__(self, folder: Path, **settings: str) -> None:
        """Prepare a site; `settings` are environment variables in lower case.

        By default, its database is a SQLite file in `folder`.
        """
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        base = {
            "SECRET_KEY": "only-for-tests-" + "0123456789abcdef" * 3,
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "QUEUE_URL": f"sqlite:///{folder}/queue.sqlite3",
            "PUBLIC_URL": self.url,
            "PORT": str(self.port),
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "RATE_PER_ADDRESS": "100000/h",
            "UHLIVE_CLIENT_ID": "test-client",
            "UHLIVE_CLIENT_SECRET": "test-secret",
            "UHLIVE_CONNECT_TIMEOUT": "2",
            "UHLIVE_READ_TIMEOUT": "20",
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "callback_site.settings",
        }
        mine = {name.upper(): value for name, value in settings.items()}
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name in {"PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "CI", "STATIC_ROOT"}
        }
        self.env = inherited | base | mine
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.commands: dict[str, list[str]] = {
            "web": [
                *("-m", "gunicorn", "callback_site.wsgi", "--bind", f"127.0.0.1:{self.port}"),
                *("--threads", "8"),
                *("--config", str(ROOT / "deploy" / "gunicorn.conf.py")),
            ],
            "worker": ["manage.py", "run_huey"],
            "housekeeping": ["manage.py", "run_housekeeping"],
        }

    def __enter__(self) -> Self:
        self._migrate()
        if (place := self.env.get("STATIC_ROOT")) not in _collected:
            self.manage("collectstatic", "--no-input", "--verbosity", "0")
            _collected.add(place)
        self.manage("prepare_queue")
        return self

    def _migrate(self) -> None:
        """Migrate the database. A new file of SQLite is a copy of the first that was migrated."""
        file, key = self.folder / "db.sqlite3", self.env["SECRET_KEY"]
        is_new = self.env["DATABASE_URL"] == f"sqlite:///{file}" and not file.exists()
        if is_new and key in _migrated:
            file.write_bytes(_migrated[key])
            return
        self.manage("migrate", "--verbosity", "0")
        if is_new:
            _migrated[key] = file.read_bytes()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for name in list(self.processes):
            self.stop(name, signal.SIGKILL)

    def manage(self, *arguments: str) -> str:
        """Run a management command, and return what it prints.

        Raises:
            RuntimeError: it failed.
        """
        done = forked.manage(arguments, self.env)
        if done.returncode:
            raise RuntimeError(f"{arguments}: {done.stdout}{done.stderr}")
        return done.stdout

    def query(self, code: str) -> Any:
        """Return the value (through JSON) of the Python expression `code` in the site's shell."""
        script = (
            "import json, django; django.setup()\n"
            "from callbacks.models import *\n"
            "from django.db.models import *\n"
            f"print(json.dumps({code}, default=str))"
        )
        done = forked.python(script, self.env)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def create_widget(self, **fields: Any) -> str:
        """Create a widget, and return its public id."""
        words = {"name": "Test", "originate": "test-scenario"} | fields
        public_id: str = self.query(f"Widget.objects.create(**{words!r}).public_id")
        return public_id

    def start(self, *names: str, **extra_environment: str) -> None:
        """Start `web`, `worker`, `housekeeping` (`worker:2` is a second one); wait for the web."""
        for name in names:
            kind = name.partition(":")[0]
            with (self.folder / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    [sys.executable, *self.commands[kind]],
                    cwd=ROOT,
                    env=self.env | extra_environment,
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )
            if kind == "web":
                self.wait_for(self._answers, "the web process")

    def stop(self, name: str, signum: int = signal.SIGTERM, patience: float = PATIENCE) -> int:
        """End a process (with SIGKILL also its children), and return its exit status."""
        process = self.processes.pop(name)
        if process.poll() is None:
            if signum == signal.SIGKILL:
                os.killpg(process.pid, signum)
            else:
                process.send_signal(signum)
        return process.wait(timeout=patience)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def wait_for(self, condition: Callable[[], object], what: str, patience: float = 60) -> None:
        """Return once `condition()` is true; fail with the logs if it never is."""
        end = time.monotonic() + patience
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"waited in vain for {what}\n{self.logs()}")
            time.sleep(0.05)

    def logs(self) -> str:
        """Return the last lines of each process's log."""
        return "\n".join(
            f"--- {path.name}\n{path.read_text()[-3000:]}" for path in self.folder.glob("*.log")
        )
