"""The documentation's table of moves is the code's."""

from pathlib import Path

from callbacks.lifecycle import transitions
from callbacks.models import Actor, Status

DOC = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"


def documented() -> dict[str, tuple[set[str], str, set[str]]]:
    table = DOC.read_text().split("<!-- moves", 1)[1].split("\n\n", 1)[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[3:]]
    return {
        name: (set(sources.split(", ")), target, set(actors.split(", ")))
        for name, sources, target, actors in rows
    }


def test_the_table_in_the_docs_is_the_code():
    assert documented() == {
        name: ({str(s) for s in move.sources}, str(move.target), {str(a) for a in move.actors})
        for name, move in transitions.MOVES.items()
    }


def test_every_status_and_actor_stands_in_the_table():
    rows = documented().values()
    assert set.union(*(sources | {target} for sources, target, _ in rows)) == set(Status)
    assert set.union(*(actors for _, _, actors in rows)) == set(Actor)
