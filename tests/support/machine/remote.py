"""Machines of a network: each is a process in namespaces of its own, which runs what it is told."""

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.support.machine import fresh
from tests.support.machine.apart import MACHINE
from tests.support.machine.commands import Failed, run
from tests.support.processes.silent_proxy import SilentProxy
from tests.support.sandbox_process import ROOT

BRIDGE, NETWORK = "machines", "10.0.0"
# Where the test itself is in that network.
OUTSIDE = f"{NETWORK}.254"


def make_network() -> None:
    """Make the network, in this process's network namespace."""
    run(
        f"ip link set lo up; ip link add {BRIDGE} type bridge; "
        f"ip addr add {OUTSIDE}/24 dev {BRIDGE}; ip link set {BRIDGE} up",
        ROOT,
    )


class Remote:
    """A machine of the network. `folder` is root's on that machine."""

    def __init__(self, name: str, address: str, folder: Path) -> None:
        """Start a fresh machine, which knows the hosts that this process knows."""
        self.name, self.address, self.folder = name, address, folder / name
        self.folder.mkdir()
        self._process = subprocess.Popen(
            [*MACHINE, sys.executable, "-m", "tests.support.machine.remote", str(self.folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read()
        end = f"v-{name}"
        run(
            f"ip link add {end} type veth peer name eth0 netns {self._process.pid}; "
            f"ip link set {end} master {BRIDGE} up",
            folder,
        )
        self.run(f"hostname {name}; ip addr add {address}/24 dev eth0; ip link set eth0 up")

    def run(self, commands: str) -> str:
        """Run commands on this machine; return what they printed."""
        return str(self._tell(commands=commands))

    def relay(self, port: int) -> None:
        """Pass what arrives at this port of the machine's loopback to the same port outside."""
        self._tell(relay=port)

    def lose(self) -> None:
        """Take the machine from the network, and kill all its processes."""
        # First, or some of them would still tell others how the rest ended.
        run(f"ip link set v-{self.name} down", self.folder)
        self._process.kill()
        self._process.wait()

    def _tell(self, **order: Any) -> Any:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        assert self._process.stdout
        answer = json.loads(self._process.stdout.readline() or '{"failed": "it has ended"}')
        if "failed" in answer:
            raise Failed(f"On {self.name}: {answer['failed']}")
        return answer["done"]


def serve(folder: Path) -> None:
    """Be a machine: make it fresh, then do one order for each line, and answer with one line."""
    fresh.prepare(folder)
    _answer(done="")
    with ExitStack() as relays:
        for line in sys.stdin:
            order = json.loads(line)
            try:
                if "commands" in order:
                    _answer(done=run(order["commands"], folder))
                    continue
                port = order["relay"]
                relays.enter_context(SilentProxy(OUTSIDE, port, own_port=port))
                _answer(done="")
            except Failed as error:
                _answer(failed=str(error))


def _answer(**answer: str) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
