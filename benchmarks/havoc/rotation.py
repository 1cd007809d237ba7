"""A new encryption key during the run, rolled out machine by machine as the documents say."""

import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

from cryptography.fernet import Fernet
from django.conf import settings

from benchmarks.havoc.clocks import real_monotonic
from benchmarks.havoc.injections import Journal
from benchmarks.havoc.world import World

PAUSE = 1.0


class Rotation:
    """All processes learn the new key, then write with it; then the old one is not needed."""

    def __init__(self, world: World, journal: Journal, *, after: float) -> None:
        """`after`: seconds until it begins."""
        self._world, self._journal, self._after = world, journal, after
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rotation", daemon=True)
        self.is_done = False

    def start(self) -> None:
        """Begin to wait."""
        self._thread.start()

    def stop(self) -> None:
        """Return once it is done, whatever that takes, if it had begun."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        if self._over.wait(self._after):
            return
        old, new = self._world.keys[0], Fernet.generate_key().decode()
        with self._journal.note("encryption key rotated", nullcontext()):
            self._roll_out([old, new])
            self._roll_out([new, old])
            self._write_anew()
            self._roll_out([new])
        self.is_done = True

    def _roll_out(self, keys: list[str]) -> None:
        """Return once no process runs that was started with other keys."""
        self._world.keys = keys
        settings.ENCRYPTION_KEYS = keys  # staff are in this process
        since = real_monotonic()
        first = [name for name in self._world.names if name.endswith(":1")]
        others = [name for name in self._world.names if name not in first]
        for names in (first, others):
            with ThreadPoolExecutor(len(names), thread_name_prefix="rotation") as pool:
                list(pool.map(lambda name: self._restart(name, since), names))

    def _restart(self, name: str, since: float) -> None:
        with self._world.hold(name):
            if self._world.started_at(name) < since:
                self._world.end(name, signal.SIGTERM)
                self._world.start(name)

    def _write_anew(self) -> None:
        while True:
            try:
                self._world.site.env["ENCRYPTION_KEYS"] = ",".join(self._world.keys)
                with self._world.database.shared():
                    self._world.site.manage("rotate_encryption")
            except (RuntimeError, subprocess.TimeoutExpired):
                self._over.wait(PAUSE)  # the database was away: it may be run again
            else:
                return
