"""Stand in for systemd where it does not run: `systemctl` and `systemd-run`, as far as used here.

It reads the units from /etc/systemd/system and starts what they say, as the user, in the folder and
with the environment and the credentials that they name, and with nothing else. It restarts what
ends, if they say so. A line that it does not know ends it.

Debian's own services it starts by their scripts in /etc/init.d. It does not lock the processes in
(`ProtectSystem=` and the like), does not run timers, and starts nothing after a reboot.
tests/deploy/test_supervised.py lets systemd itself check these lines.
"""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

from tests.support.machine import credentials
from tests.support.machine.units import (
    DOES,
    UNITS,
    Unit,
    arguments,
    enable,
    fail,
    read,
    wanted_by,
)

STATE = Path("/run/systemd-stand-in")


def active(name: str) -> Path:
    """Return the file that is there while the unit is active. It holds its supervisor's number."""
    return STATE / name


def start(name: str) -> None:
    """Start a unit, and before it those that it needs."""
    if active(name).exists():
        return
    unit = read(name)
    needed = " ".join(unit.get("Requires", []) + unit.get("Wants", [])).split()
    for other in [*needed, *(link.name for link in sorted(wanted_by(name).glob("*")))]:
        if (UNITS / other).exists():
            start(other)
    for folder in unit.get("StateDirectory", []):
        path, user = Path("/var/lib") / folder, unit["User"][-1]
        path.mkdir(exist_ok=True)
        path.chmod(int(unit.get("StateDirectoryMode", ["755"])[-1], 8))
        shutil.chown(path, user, unit.get("Group", [user])[-1])
    if name.endswith(".service") and unit["Type"] == ["oneshot"]:
        with log(name) as output:
            for command in unit["ExecStart"]:
                words = shlex.split(command)
                done = subprocess.run(words, stdout=output, stderr=output, **arguments(name, unit))
                if done.returncode:
                    fail(f"{name}: {command} failed\n{Path(output.name).read_text()[-2000:]}")
        credentials.take(name)
        if unit.get("RemainAfterExit") == ["yes"]:
            active(name).write_text("")
    elif name.endswith((".service", ".socket")):
        does = "hold" if name.endswith(".socket") else "supervise"
        supervising = [sys.executable, __file__, does, name]
        with log(name) as output:  # whoever reads what systemctl prints does not wait for it
            supervisor = subprocess.Popen(
                supervising, stdout=output, stderr=output, start_new_session=True
            )
        active(name).write_text(str(supervisor.pid))
        while does == "hold" and not socket_of(name).exists():
            if supervisor.poll() is not None:
                fail(f"{name} did not start")
            time.sleep(0.02)
    else:
        active(name).write_text("")


def hold(name: str) -> None:
    """Listen where a socket unit says, and give the socket to each service that asks for it."""
    host, _, port = read(name)["ListenStream"][-1].rpartition(":")
    listener = socket.create_server((host, int(port)), backlog=1024)
    with socket.socket(socket.AF_UNIX) as giver:
        giver.bind(str(socket_of(name)))
        giver.listen()
        while True:
            asking, _address = giver.accept()
            with asking:
                socket.send_fds(asking, [b"it"], [listener.fileno()])


def socket_of(name: str) -> Path:
    """Return the address at which the socket of a socket unit is given away."""
    return STATE / f"{name}.given"


def with_socket(name: str, words: list[str]) -> tuple[list[str], list[int]]:
    """Return how to start a service with the socket of its socket unit, and that socket."""
    given = socket_of(name.replace(".service", ".socket"))
    if not given.exists():
        return words, []
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(str(given))
        [number] = socket.recv_fds(asking, 10, 1)[1]
    start = f'exec 3<&{number}; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'
    return ["bash", "-c", start, name, *words], [number]


def supervise(name: str) -> None:
    """Run a service until this process is told to end; start it again when it ends by itself."""
    unit = read(name)
    told: list[int] = []
    process: subprocess.Popen[bytes] | None = None

    def end(number: int, _frame: object) -> None:
        told.append(number)
        if process:
            process.terminate()

    signal.signal(signal.SIGTERM, end)
    while not told:
        with log(name) as output:
            [command] = unit["ExecStart"]
            words, given = with_socket(name, shlex.split(command))
            process = subprocess.Popen(
                words, stdout=output, stderr=output, pass_fds=given, **arguments(name, unit)
            )
            for number in given:
                os.close(number)
        process.wait()
        if unit.get("Restart") != ["always"]:
            break
        time.sleep(0 if told else float(unit["RestartSec"][-1]))


def stop(name: str) -> None:
    """Stop a unit, and those that are a part of it."""
    for file in sorted(filter(Path.is_file, UNITS.glob("callback*"))):
        if name in read(file.name).get("PartOf", []):
            stop(file.name)
    if not active(name).exists():
        return
    if pid := active(name).read_text():
        patience = float(read(name).get("TimeoutStopSec", ["90"])[-1])
        os.kill(int(pid), signal.SIGTERM)
        until = time.monotonic() + patience
        while Path(f"/proc/{pid}").exists() and "State:\tZ" not in _status(pid):
            if time.monotonic() > until:
                fail(f"{name} did not end within {patience} s")
            time.sleep(0.05)
    active(name).unlink()
    credentials.take(name)
    socket_of(name).unlink(missing_ok=True)


def _status(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return "State:\tZ"


def log(name: str) -> Any:
    """Open the log of a unit."""
    return (STATE / f"{name}.log").open("a")


def systemctl(words: list[str]) -> None:
    """Do what `systemctl` does with these words."""
    verb, *names = [word for word in words if not word.startswith("--")]
    for name in [name for name in names if not name.startswith("callback")]:
        subprocess.run([f"/etc/init.d/{name}", verb], check=True)
    names = [name for name in names if name.startswith("callback")]
    names = [name if "." in name else f"{name}.service" for name in names]
    if verb == "enable":
        for name in names:
            enable(name)
        verb = "start" if "--now" in words else "daemon-reload"
    if verb == "daemon-reload":
        for file in filter(Path.is_file, UNITS.glob("callback*")):
            read(file.name)
    for name in names:
        if verb in {"stop", "restart"}:
            stop(name)
        if verb in {"start", "restart"}:
            start(name)


def systemd_run(words: list[str]) -> NoReturn:
    """Run a command as `systemd-run` does with these words, and exit as it does."""
    name = f"run-{os.getpid()}.service"
    unit: Unit = {}
    while words[0].startswith("--"):
        option = words.pop(0)
        if option == "--uid":
            unit["User"] = [words.pop(0)]
        elif option == "--working-directory":
            unit["WorkingDirectory"] = [words.pop(0)]
        elif option == "--property":
            key, _, value = words.pop(0).partition("=")
            if key not in DOES:
                fail(f"systemd-run: {key}= is not known here")
            unit[key] = [value]
        elif option not in {"--pty", "--pipe", "--wait", "--quiet", "--collect"}:
            fail(f"systemd-run: {option} is not known here")
    done = subprocess.run(words, **arguments(name, unit))
    credentials.take(name)
    sys.exit(done.returncode)


def main(name: str, words: list[str]) -> None:
    """Be the program of this name."""
    STATE.mkdir(exist_ok=True)
    if words[:1] == ["supervise"]:
        supervise(words[1])
    elif words[:1] == ["hold"]:
        hold(words[1])
    elif re.fullmatch(r"systemctl", name):
        systemctl(words)
    else:
        systemd_run(words)


if __name__ == "__main__":
    main(os.environ.get("STAND_IN_FOR", ""), sys.argv[1:])
