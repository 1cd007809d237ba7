"""tests/run.py when a program that tests need is not installed."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from tests import run
from tests.support import programs


@pytest.fixture
def pytest_runs(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The arguments of each pytest that would have been started; each passes."""
    runs: list[list[str]] = []

    def record(arguments: list[str], database_url: str | None = None) -> int:
        runs.append(arguments)
        return 0

    monkeypatch.setattr(run, "run_pytest", record)
    return runs


@pytest.fixture(autouse=True)
def _without_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "postgresql", lambda: None)
    missing = programs.Program("PostgreSQL", lambda: None, "not found; apt install postgresql")
    monkeypatch.setattr(programs, "PROGRAMS", [missing])
    monkeypatch.setattr("signal.signal", lambda *_: None)


def test_the_last_line_says_what_was_left_out(
    pytest_runs: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("CI", raising=False)
    assert run.main(["-k", "hours"]) == 0
    assert pytest_runs == [["-m", "not minutes", "-k", "hours"]]
    assert capsys.readouterr().out.splitlines()[-1] == (
        "!! PostgreSQL was left out: not found; apt install postgresql"
    )


def test_ci_fails_before_anything_runs(
    pytest_runs: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CI", "true")
    assert run.main([]) == 1
    assert pytest_runs == []
    assert "apt install postgresql" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("results", "status"),
    [
        ({"SQLite": 0, "PostgreSQL": 0}, 0),
        ({"SQLite": 0, "PostgreSQL": 1}, 1),
        ({"SQLite": 2, "PostgreSQL": 0}, 1),
        ({"SQLite": 0, "PostgreSQL": run.NO_TESTS_COLLECTED}, 0),
        ({"SQLite": run.NO_TESTS_COLLECTED, "PostgreSQL": run.NO_TESTS_COLLECTED}, 5),
        ({}, 5),
    ],
)
def test_one_verdict_for_all_runs(results: dict[str, int], status: int) -> None:
    assert run.verdict(results) == status


def test_what_takes_minutes_runs_apart(
    pytest_runs: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    run.main(["--minutes"])
    assert pytest_runs == [["-m", "minutes", "-n", "2"]]


@pytest.mark.parametrize("minutes", [True, False])
@pytest.mark.parametrize("promises", [True, False])
def test_each_test_of_the_database_runs_on_postgresql_once(minutes: bool, promises: bool) -> None:
    """By `make test` or by `make slow`."""
    markers = {"minutes": minutes, "promises": promises, "database": True, "browser": False}
    assert [eval(chosen, markers) for chosen in (run.FIRST, run.LATER)].count(True) == 1


def test_what_is_chosen_by_hand_runs_on_both_databases(
    pytest_runs: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(programs, "postgresql", lambda: Path("/usr/bin"))
    monkeypatch.setattr(run, "throwaway_postgresql", lambda: nullcontext(Server))
    run.main(["-k", "hours"])
    assert pytest_runs == [
        ["-m", "not minutes", "-k", "hours"],
        ["-m", "not minutes and database and not browser", "-k", "hours"],
    ]


class Server:
    url = "postgresql://postgres@127.0.0.1:5432/postgres"


@pytest.mark.parametrize(
    ("arguments", "databases"),
    [
        ([], 2),
        (["--quick"], 2),
        (["--quick", "--only", "postgresql"], 1),
        (["--only", "sqlite"], 1),
        (["--minutes"], 2),
    ],
)
def test_everything_is_on_both_databases_unless_one_is_named(
    arguments: list[str],
    databases: int,
    pytest_runs: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(programs, "postgresql", lambda: Path("/usr/bin"))
    monkeypatch.setattr(run, "throwaway_postgresql", lambda: nullcontext(Server))
    assert run.main(arguments) == 0
    assert len(pytest_runs) == databases
