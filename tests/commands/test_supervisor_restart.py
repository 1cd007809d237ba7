"""What dies is started again, later each time, and that is said."""

import pytest

from callbacks.operations.supervisor import Supervisor
from tests.support.processes.children import SERVES, Children, end

pytestmark = pytest.mark.slow

# Serves, and goes on only once the start is over: `run` gives the word. So it does not end unseen
# between two of the supervisor's looks, however slow the machine is.
WELL = ': > "$READY"; while [ ! -e "$FOLDER/go" ]; do sleep 0.02; done; '
# Ends after its first start, and stays from the second on.
DIES_ONCE = (
    f'[ -e "$FOLDER/second" ] || {{ : > "$FOLDER/second"; : > "$READY"; exit 4; }}; {SERVES}'
)


@pytest.fixture
def children(tmp_path):
    children = Children(tmp_path)
    yield children
    children.close()


def run(children, *programs, **options):
    supervisor = Supervisor([programs], folder=children.folder, say=children.say, **options)
    return supervisor.run((children.folder / "go").touch)


def test_one_that_dies_is_started_again(children):
    steady = children.program("steady", SERVES)
    flaky = children.program("flaky", WELL + DIES_ONCE)
    children.on_line = lambda line: end() if line == "flaky restarted." else None
    assert run(children, steady, flaky, first_pause=0.01) == 0
    assert any(
        line.startswith("flaky stopped (exit status 4); restarting") for line in children.lines
    )
    assert "steady stopped" not in children.said()
    assert children.nothing_is_left()


def test_the_pause_doubles_up_to_half_a_minute(children, monkeypatch):
    monkeypatch.setattr("callbacks.operations.supervisor.LONGEST_PAUSE", 0.08)
    always = children.program("always", WELL + "exit 1")
    ends = []

    def count(line: str) -> None:
        if line.startswith("always stopped"):
            ends.append(line.partition(" in ")[2].partition(" s.")[0])
            if len(ends) == 5:
                end()

    children.on_line = count
    assert run(children, always, first_pause=0.02) == 0
    assert ends == ["0.02", "0.04", "0.08", "0.08", "0.08"]


def test_one_that_was_well_for_long_begins_with_a_short_pause_again(children, monkeypatch):
    monkeypatch.setattr("callbacks.operations.supervisor.STABLE_SECONDS", 0.1)
    always = children.program("always", WELL + "sleep 0.3; exit 1")
    ends = []

    def count(line: str) -> None:
        if line.startswith("always stopped"):
            ends.append(line.partition(" in ")[2].partition(" s.")[0])
            if len(ends) == 3:
                end()

    children.on_line = count
    assert run(children, always, first_pause=0.02) == 0
    assert ends == ["0.02", "0.02", "0.02"]


def test_what_a_dead_one_left_behind_is_ended_before_it_starts_again(children):
    leaves = f'[ -e "$FOLDER/second" ] && exec 9>&- && {{ {SERVES}; }}; '
    leaves += ': > "$FOLDER/second"; (trap "" TERM HUP INT; sleep 1000) & ' + WELL + "exit 1"
    left = []

    def check(line: str) -> None:
        if line == "web restarted.":
            left.append(children.nothing_is_left())
            end()

    children.on_line = check
    assert run(children, children.program("web", leaves), first_pause=0.01) == 0
    assert left == [True]
