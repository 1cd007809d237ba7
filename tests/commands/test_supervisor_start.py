"""A start goes in order, says how far it is, and fails as a whole with what was in the log."""

import pytest

from callbacks.operations.supervisor import Supervisor
from tests.support.processes.children import SERVES, Children, end

pytestmark = pytest.mark.slow


@pytest.fixture
def children(tmp_path):
    children = Children(tmp_path)
    yield children
    children.close()


def supervisor(children, *layers, **options):
    return Supervisor(layers, folder=children.folder, say=children.say, **options)


def test_the_supervisor_waits_until_everything_serves_and_says_so(children):
    first, second = children.program("first", SERVES), children.program("second", SERVES)
    served = []

    def when_ready():
        served.extend(path.name for path in children.folder.glob("*.ready"))
        end()

    assert supervisor(children, [first, second]).run(when_ready) == 0
    assert set(served) == {"first.ready", "second.ready"}
    assert any("first" in line and "ready after" in line for line in children.lines)
    assert children.nothing_is_left()


def test_a_layer_starts_only_once_the_one_before_serves(children):
    below = children.program("below", f"sleep 0.3; {SERVES}")
    above = children.program("above", f'[ -e "$FOLDER/below.ready" ] || exit 3; {SERVES}')
    assert supervisor(children, [below], [above]).run(end) == 0


def test_one_that_ends_while_starting_ends_everything_and_its_last_lines_are_shown(children):
    good = children.program("good", SERVES)
    bad = children.program("bad", "echo first; echo the reason >&2; exit 3")
    assert supervisor(children, [good], [bad]).run(pytest.fail) == 1
    assert "bad stopped while starting (exit status 3)." in children.said()
    assert "  bad: first\n  bad: the reason" in children.said()
    assert children.nothing_is_left()


def test_one_that_was_killed_is_named_by_the_signal(children):
    bad = children.program("bad", "kill -9 $$")
    assert supervisor(children, [bad]).run(pytest.fail) == 1
    assert "(SIGKILL)" in children.said()


def test_an_earlier_one_that_dies_meanwhile_ends_the_start_too(children):
    good = children.program(
        "good", ': > "$READY"; while [ ! -e "$FOLDER/go" ]; do sleep 0.05; done'
    )
    slow = children.program("slow", ': > "$FOLDER/go"; sleep 1000 & wait')
    assert supervisor(children, [good], [slow]).run(pytest.fail) == 1
    assert "good stopped while starting" in children.said()
    assert children.nothing_is_left()


def test_one_that_never_serves_is_given_up_with_what_it_lacks(children):
    never = children.program("never", "echo still busy; sleep 1000 & wait")
    assert supervisor(children, [never], patience=2).run(pytest.fail) == 1
    assert "never: no file yet" in children.said()
    assert "  never: still busy" in children.said()
    assert children.nothing_is_left()


def test_a_program_that_is_not_there_is_one_sentence(children):
    program = children.program("ghost", SERVES)
    missing = type(program)("ghost", ["/no/such/program"], program.lacks)
    assert supervisor(children, [missing]).run(pytest.fail) == 1
    assert children.said() == "ghost cannot be started: No such file or directory."


def test_the_supervisor_can_be_ended_while_it_starts(children):
    starting = children.program("starting", ': > "$FOLDER/begun"; sleep 1000 & wait')

    def lacks(_pid: int) -> str:
        if (children.folder / "begun").exists():
            end()
        return "never ready"

    program = type(starting)("starting", starting.command, lacks, starting.environment)
    assert supervisor(children, [program]).run(pytest.fail) == 0
    assert children.nothing_is_left()


def test_a_mistake_in_what_follows_the_start_leaves_nothing_behind(children):
    def broken() -> None:
        raise RuntimeError("a mistake")

    with pytest.raises(RuntimeError):
        supervisor(children, [children.program("one", SERVES)]).run(broken)
    assert children.nothing_is_left()


def test_warnings_in_a_log_are_shown_and_the_rest_stays_in_the_file(children):
    script = 'echo "12:00 [info ] all well"; echo "12:00 [warning  ] look here"'
    program = children.program("web", f"{script}; {SERVES}")
    children.on_line = lambda line: end() if "look here" in line else None
    assert supervisor(children, [program]).run() == 0
    assert "web: 12:00 [warning  ] look here" in children.lines
    assert "all well" not in children.said()
    assert "all well" in (children.folder / "web.log").read_text()
