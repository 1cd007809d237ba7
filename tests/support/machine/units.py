"""Read the units of systemd, and tell how to start what they say."""

import grp
import pwd
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

from tests.support.machine import credentials

UNITS = Path("/etc/systemd/system")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# What it does, and what only systemd can do: to time, to order, and to lock in.
DOES = {
    *("Requires", "Wants", "PartOf", "WantedBy", "Type", "RemainAfterExit", "ExecStart", "Restart"),
    *("RestartSec", "TimeoutStopSec", "WorkingDirectory", "User", "Group", "UMask", "ListenStream"),
    *("EnvironmentFile", "LoadCredential", "StateDirectory", "StateDirectoryMode"),
}
LEAVES_OUT = {
    *("Description", "After", "TimeoutStartSec", "KillMode", "OnCalendar", "RandomizedDelaySec"),
    *("Persistent", "NoNewPrivileges", "CapabilityBoundingSet", "AmbientCapabilities", "RemoveIPC"),
    *("LockPersonality", "MemoryDenyWriteExecute", "ReadWritePaths", "ProcSubset"),
    *("SystemCallArchitectures", "SystemCallFilter", "SystemCallErrorNumber"),
}
LOCKS = ("Protect", "Private", "Restrict")

type Unit = dict[str, list[str]]


def read(name: str) -> Unit:
    """Return the values of each key of a unit, in their order; an empty one clears those before."""
    values: Unit = {}
    for line in (UNITS / name).read_text().splitlines():
        if line and line[0] not in "#[":
            key, _, value = line.partition("=")
            if key not in DOES | LEAVES_OUT and not key.startswith(LOCKS):
                fail(f"{name}: {key}= is not known here")
            values[key] = [*values.get(key, []), value] if value else []
    return values


def environment(unit: Unit, user: str) -> dict[str, str]:
    """Return the whole environment of a service."""
    account = pwd.getpwnam(user)
    found = {"PATH": PATH, "HOME": account.pw_dir, "USER": user, "LOGNAME": user, "LANG": "C.UTF-8"}
    for path in unit.get("EnvironmentFile", []):
        for line in Path(path).read_text().splitlines():
            if line and line[0] not in "#;":
                name, _, value = line.partition("=")
                found[name] = value.strip("\"'")
    return found


def arguments(name: str, unit: Unit) -> dict[str, Any]:
    """Return how to start a process of the service: arguments for `subprocess`."""
    user = unit.get("User", ["root"])[-1]
    number = pwd.getpwnam(user).pw_uid
    given = credentials.give(name, unit.get("LoadCredential", []), number)
    return {
        "user": number,
        "group": grp.getgrnam(unit.get("Group", [user])[-1]).gr_gid,
        "extra_groups": [],
        "umask": int(unit.get("UMask", ["0022"])[-1], 8),
        "cwd": unit.get("WorkingDirectory", ["/"])[-1],
        "env": environment(unit, user) | given,
        "stdin": subprocess.DEVNULL,
        "start_new_session": True,
    }


def wanted_by(name: str) -> Path:
    """Return the folder with the units that are started with this one, because they are enabled."""
    return UNITS / f"{name}.wants"


def enable(name: str) -> None:
    """Let a unit start together with those that its [Install] section names."""
    for other in " ".join(read(name).get("WantedBy", [])).split():
        wanted_by(other).mkdir(exist_ok=True)
        link = wanted_by(other) / name
        link.unlink(missing_ok=True)
        link.symlink_to(UNITS / name)


def fail(sentence: str) -> NoReturn:
    """End with this sentence."""
    sys.exit(sentence)
