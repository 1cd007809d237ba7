"""Rotate the encryption key during the run, machine by machine, as the documentation says."""

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
    """First all processes learn the new key, then they write with it, then the old one goes."""

    def __init__(self, world: World, journal: Journal, *, after: float) -> None:
        """Prepare a rotation that starts after `after` seconds."""
        self._world, self._journal, self._after = world, journal, after
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rotation", daemon=True)
        self.is_done = False

    def start(self) -> None:
        """Start to wait."""
        self._thread.start()

    def stop(self) -> None:
        """Return once the rotation is done, if it had begun."""
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
        """Restart all processes that started with other keys, and return once they run."""
        self._world.keys = keys
        settings.ENCRYPTION_KEYS = keys  # staff act in this process
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
                self._over.wait(PAUSE)  # the database was away; the command may be run again
            else:
                return
