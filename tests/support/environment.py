"""Set the environment of the tests, whatever the caller's is.

So no test touches a real database, queue or client secret. pytest loads this module as a plugin
(`-p tests.support.environment` in pyproject.toml), before pytest-django reads the settings. So a
bare `pytest` works as well as `make test`. Importing it is enough. The caller may choose
`TEST_DATABASE_URL`, without which the tests run on a SQLite file, and `TEST_FOLDER`.
"""

import atexit
import os
import shutil
import signal
import tempfile
from pathlib import Path

import huey.storage  # noqa: F401  (the settings load it with the client of one storage only)

FIXED = {
    "SECRET_KEY": "only-for-tests-" + "0123456789abcdef" * 3,
    "DEBUG": "false",
    "DEMO": "false",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1,.localhost",
    "PUBLIC_URL": "http://testserver",
    "TRUSTED_PROXY_COUNT": "0",
    "CACHE_URL": "",
    # The tests of two-factor sign-in switch it on.
    "REQUIRE_TWO_FACTOR": "false",
    # Nothing listens on the discard port, so a test without its sandbox calls nobody.
    "UHLIVE_TOKEN_URL": "http://127.0.0.1:9/token",
    "UHLIVE_CALL_URL": "http://127.0.0.1:9/startcall",
    "UHLIVE_CLIENT_ID": "test-client",
    "UHLIVE_CLIENT_SECRET": "test-secret",
    # Playwright keeps an event loop in the tests' thread; otherwise Django would refuse queries.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
}
UNSET = ("WEB_PROCESSES", "WORKERS", "PORT", "TIME_ZONE")


def prepare() -> Path:
    """Set the environment, let Ctrl-C work, and return a folder for this process's databases.

    The first process creates the folder (`TEST_FOLDER`). Each worker of pytest-xdist inherits the
    variable, and has its own folder inside.
    """
    if "TEST_FOLDER" not in os.environ:
        # In memory, if there is such a folder: then a commit to SQLite waits for no disk.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        os.environ["TEST_FOLDER"] = tempfile.mkdtemp(prefix="callback-tests-", dir=memory)
        atexit.register(_remove, os.environ["TEST_FOLDER"], os.getpid())
    folder = Path(os.environ["TEST_FOLDER"]) / os.environ.get("PYTEST_XDIST_WORKER", "main")
    folder.mkdir(exist_ok=True)
    # A shell without job control ignores Ctrl-C for what runs in its background, and so would all
    # that the tests start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in UNSET:
        os.environ.pop(name, None)
    os.environ |= FIXED | {
        "DATABASE_URL": os.environ.get("TEST_DATABASE_URL", f"sqlite:///{folder}/db.sqlite3"),
        "QUEUE_URL": f"sqlite:///{folder}/queue.sqlite3",
        # Of this process alone: who collects them replaces files, and another site may be starting.
        "STATIC_ROOT": str(folder / "collected"),
    }
    return folder


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:  # not in a fork
        shutil.rmtree(folder, ignore_errors=True)


FOLDER = prepare()
