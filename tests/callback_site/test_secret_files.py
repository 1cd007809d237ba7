"""Secrets come from files as well, and no command shows one."""

import re
from pathlib import Path

import pytest

from callback_site import secret_files
from tests.support.starting import start

pytestmark = pytest.mark.slow

MARK = "Geheimnis-4711-abcdefghijklmnopqrstuvwxyz"
PROGRAM = "from django.conf import settings as s; print(s.SECRET_KEY, s.METRICS_TOKEN)"


def test_a_secret_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{MARK}\n")
    done = start(
        *("shell", "-v", "0", "-c", PROGRAM),
        SECRET_KEY=None,
        SECRET_KEY_FILE=str(file),
        METRICS_TOKEN_FILE=str(file),
    )
    assert done.stdout.split() == [MARK, MARK], done.stderr


@pytest.mark.parametrize("name", secret_files.SECRETS)
@pytest.mark.parametrize("problem", ["both", "nowhere", "empty", "binary"])
def test_a_file_that_is_no_good_stops_the_start_with_a_sentence(
    name: str, problem: str, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    if problem != "nowhere":
        file.write_bytes({"both": MARK.encode(), "empty": b" \n", "binary": b"\xff\xfe"}[problem])
    given = {name: MARK if problem == "both" else None, f"{name}_FILE": str(file)}
    done = start(**given)
    assert done.returncode != 0
    assert f"{name}_FILE" in done.stderr
    assert MARK not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_systemd_may_pass_a_secret_as_a_credential(tmp_path: Path) -> None:
    (tmp_path / "callback_SECRET_KEY").write_text(f"{MARK}\n")
    (tmp_path / "callback_METRICS_TOKEN").write_text(MARK)
    (tmp_path / "of_another_program").write_text(MARK)
    given = {"SECRET_KEY": None, "CREDENTIALS_DIRECTORY": str(tmp_path)}
    done = start("shell", "-v", "0", "-c", PROGRAM, **given)
    assert done.stdout.split() == [MARK, MARK], done.stderr
    assert "SECRET_KEY=(hidden)  [file]\n" in start("show_settings", **given).stdout


@pytest.mark.parametrize(
    ("file", "more", "named"),
    [
        ("callback_HASH_KEY", {"HASH_KEY": MARK}, "HASH_KEY and the credential callback_HASH_KEY"),
        ("callback_HASH_KEY", {"HASH_KEY_FILE": "/etc/hostname"}, "HASH_KEY_FILE is set, and"),
        ("callback_HASHKEY", {}, "in /etc/callback/secrets: HASHKEY."),
    ],
    ids=["both", "two files", "unknown"],
)
def test_a_credential_that_is_no_good_stops_the_start_with_a_sentence(
    file: str, more: dict[str, str], named: str, tmp_path: Path
) -> None:
    (tmp_path / file).write_text(MARK)
    done = start(**more, CREDENTIALS_DIRECTORY=str(tmp_path))
    assert done.returncode != 0
    assert named in done.stderr
    assert MARK not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_settings_are_shown_without_the_secrets(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(MARK)
    done = start(
        "show_settings",
        SECRET_KEY=None,
        SECRET_KEY_FILE=str(file),
        HASH_KEY=MARK,
        METRICS_TOKEN=MARK,
        UHLIVE_CLIENT_SECRET=MARK,
        EMAIL_PASSWORD=MARK,
        CACHE_URL=f"redis://:{MARK}@cache.example/0",
        DATABASE_URL=f"postgres://callback:{MARK}@database.example/callback",
        PORT="8123",
    )
    assert done.returncode == 0, done.stderr
    assert MARK not in done.stdout + done.stderr
    lines = dict(re.findall(r"(?m)^(\w+)=(.*)$", done.stdout))
    assert lines["SECRET_KEY"] == "(hidden)  [file]"
    assert lines["HASH_KEY"] == "(hidden)  [environment]"
    assert lines["DATABASE_URL"] == "postgres://(hidden)  [environment]"
    assert lines["PORT"] == "8123  [environment]"
    assert lines["WORKERS"] == "16  [default]"
