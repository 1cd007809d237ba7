"""From each released version to this one: everything in the database is as it was.

While nothing is released, from this version to one with one more migration.
"""

import filecmp
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.support import programs
from tests.support.machine import next_version
from tests.support.sandbox_process import ROOT
from tests.support.upgrade import databases
from tests.support.upgrade.tags import released

# What Django itself adds to, with each version.
GROWS = {"django_migrations", "django_content_type", "auth_permission", "auth_group_permissions"}
# Columns that a version has removed, by table: nothing that was used is among them.
REMOVED: dict[str, set[str]] = {}
FILLED = {"callrequest", "attempt", "move", "consentproof", "block", "erasure", "apikey"}


pytestmark = [
    pytest.mark.minutes,
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a clone"),
]


class Version:
    """The code of one version, with a Python that has its packages."""

    def __init__(self, folder: Path, url: str, keys: dict[str, str]) -> None:
        self.folder = folder
        self.python = sys.executable
        if not filecmp.cmp(folder / "requirements.txt", ROOT / "requirements.txt", shallow=False):
            subprocess.run(["sh", "deploy/venv.sh", "requirements.txt"], cwd=folder, check=True)
            self.python = str(folder / ".venv/bin/python")
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.env = (
            kept
            | keys
            | {
                "DATABASE_URL": url,
                "QUEUE_URL": f"sqlite:///{folder}/queue.sqlite3",
                "PUBLIC_URL": "https://callback.example.fr",
                "UHLIVE_CLIENT_ID": "a-client",
                "UHLIVE_CLIENT_SECRET": "a-secret",
                "DJANGO_SETTINGS_MODULE": "callback_site.settings",
                "DJANGO_SUPERUSER_PASSWORD": keys["SECRET_KEY"],
            }
        )

    def run(self, *command: str) -> str:
        """Run Python in the folder of the version; return the last line that it printed."""
        done = subprocess.run(
            [self.python, *command], cwd=self.folder, env=self.env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        return (done.stdout.splitlines() or [""])[-1]


def checkout(tag: str, folder: Path) -> Path:
    """Return a folder with the code of that version; "" is the newest commit."""
    place = folder / (tag or "newest")
    words = ["--branch", tag] if tag else []
    command = ["git", "-c", "safe.directory=*", "clone", "--quiet", *words, str(ROOT), str(place)]
    subprocess.run(command, check=True)
    return place


@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
@pytest.mark.parametrize("tag", released() or [""], ids=lambda tag: tag or "newest")
def test_an_upgrade_changes_nothing_that_was_there(tag: str, vendor: str, tmp_path: Path) -> None:
    if vendor == "postgresql" and not programs.postgresql():
        pytest.skip("PostgreSQL is not installed")
    encryption = Fernet.generate_key().decode()
    keys = {"SECRET_KEY": "s" * 40, "HASH_KEY": "h" * 40, "ENCRYPTION_KEYS": encryption}
    with databases.new(vendor, tmp_path) as url:
        old = Version(checkout(tag, tmp_path), url, keys)
        old.run("manage.py", "migrate", "--verbosity", "0")
        said = json.loads(old.run("-m", "tests.support.upgrade.fill"))
        before = databases.everything(url)

        new = Version(ROOT if tag else next_version.make_repository(tmp_path), url, keys)
        new.run("manage.py", "migrate", "--verbosity", "0")
        after = databases.everything(url)
        assert json.loads(new.run("-m", "tests.support.upgrade.read")) == said

    assert {name for name in FILLED if not before[f"callbacks_{name}"]} == set()
    assert len({(status, reason) for status, reason, *_ in said.values()}) > 70
    assert set(before) <= set(after)
    for table, rows in before.items():
        kept = [without(REMOVED.get(table, set()), row) for row in rows]
        # Columns may have been added, and nothing else.
        columns = set(kept[0]) if kept else set()
        found = [{name: row[name] for name in columns} for row in after[table]]
        missing = [row for row in kept if row not in found]
        assert missing == [], table
        assert len(found) == len(rows) or table in GROWS, table


def without(names: set[str], row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in names}
