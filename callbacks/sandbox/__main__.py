"""Start the sandbox: `python -m callbacks.sandbox`. It prints its address and runs until ended."""

import argparse
import errno
import ipaddress
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from callbacks.sandbox.calls import CallBook
from callbacks.sandbox.changes import Changes
from callbacks.sandbox.faults import FaultBook
from callbacks.sandbox.server import SandboxServer
from callbacks.sandbox.state import Sandbox
from callbacks.sandbox.tokens import Tokens

SECRET = "SANDBOX_CLIENT_SECRET"  # noqa: S105 - the variable's name


def main() -> None:
    """Serve until SIGTERM or SIGINT. Exit with status 2 and one sentence if that is impossible."""
    for signum in (signal.SIGTERM, signal.SIGINT):
        # Nothing is buffered, so there is nothing to finish. End at once, even if a thread hangs.
        signal.signal(signum, lambda _signum, _frame: os._exit(0))
    options = _options()
    secret = os.environ.get(SECRET, "")
    host = "127.0.0.1" if options.host == "localhost" else options.host
    if not options.client_id.startswith("sandbox-"):
        _refuse("--client-id must begin with 'sandbox-': never use real credentials here.")
    if not secret:
        _refuse(f"{SECRET} must be set in the environment to a secret made up for the sandbox.")
    if not _is_loopback(host):
        _refuse(f"--host must be a loopback address such as 127.0.0.1, not {options.host!r}.")
    changes = Changes()
    calls = _call_book(changes, options.log_calls)
    sandbox = Sandbox(
        client_id=options.client_id,
        client_secret=secret,
        answer_seconds=options.answer_ms / 1000,
        tokens=Tokens(options.token_seconds, issued=calls.last_token),
        changes=changes,
        calls=calls,
        faults=FaultBook(changes),
    )
    try:
        server = SandboxServer(host, options.port, sandbox)
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            _refuse(
                f"port {options.port} on {host} is in use: stop what uses it, or choose another."
            )
        _refuse(f"can't listen on {host} port {options.port}: {problem.strerror}.")
    if options.public_port_file:
        _write_port(options.public_port_file, server.port)
    print(f"sandbox listening on {server.url}", flush=True)
    server.serve_forever()


def _options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m callbacks.sandbox",
        description="A stand-in for the token and startcall endpoints. No real phone rings.",
        epilog=f"The client secret comes from the environment variable {SECRET}.",
    )
    parser.add_argument("--port", type=_whole(0, 65535), required=True, help="0 picks a free one")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--client-id", required=True, help="must begin with sandbox-")
    parser.add_argument("--token-seconds", type=_whole(1, 10**6), default=300)
    parser.add_argument(
        "--answer-ms",
        type=_whole(0, 10**6),
        default=0,
        help="how long startcall takes to answer, after the phone rang",
    )
    parser.add_argument("--public-port-file", type=Path, help="write the port into this file")
    parser.add_argument(
        "--log-calls",
        type=Path,
        help="append one JSON line for each startcall request, ring and answer to this file; "
        "one that is there already is taken up",
    )
    return parser.parse_args()


def _whole(least: int, most: int) -> Callable[[str], int]:
    """Return a reader of whole numbers in this range, for argparse."""

    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"must be a whole number from {least} to {most}")
        return int(text)

    return number


def _is_loopback(host: str) -> bool:
    """Return whether `host` is an address of this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _call_book(changes: Changes, path: Path | None) -> CallBook:
    """Return the book of calls, continued from the log at `path` if there is one."""
    if path is None:
        return CallBook(changes)
    try:
        # Readable by its owner only, because it holds phone numbers.
        log = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        text = path.read_bytes()
        # A full disk may have left half a line at the end.
        whole = text[: text.rfind(b"\n") + 1]
        if len(whole) < len(text):
            os.truncate(log, len(whole))
    except OSError as problem:
        _refuse(f"--log-calls can't be written: {problem.strerror}.")
    calls = CallBook(changes, log)
    try:
        calls.take_up(whole.decode().splitlines())
    except (ValueError, KeyError, TypeError, AttributeError):
        _refuse("--log-calls names a file that holds something else than a sandbox's log.")
    return calls


def _write_port(path: Path, port: int) -> None:
    """Write the port into a file, for a test that let the system choose it."""
    # Renamed into place, so that no reader sees an empty file.
    half = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        half.write_text(f"{port}\n")
        half.replace(path)
    except OSError as problem:
        _refuse(f"--public-port-file can't be written: {problem.strerror}.")


def _refuse(sentence: str) -> NoReturn:
    """Print why the sandbox cannot start and exit with status 2."""
    print(f"sandbox: {sentence}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
