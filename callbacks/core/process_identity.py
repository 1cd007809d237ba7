"""The names of a process and of its threads, the same in rows, logs and locks.

A host name has at most 255 characters, so that a whole name always fits into 300.
"""

import os
import socket
import threading


def host() -> str:
    """Return the name of this machine."""
    return socket.gethostname()


def process_name(pid: int | None = None) -> str:
    """Return "HOST:PID" for a process of this machine, by default the current one."""
    return f"{host()}:{os.getpid() if pid is None else pid}"


def thread_name() -> str:
    """Return "HOST:PID:THREAD" for the current thread, cut to 300 characters."""
    return f"{process_name()}:{threading.current_thread().name}"[:300]
