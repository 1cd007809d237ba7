"""An end is asked for, waited for, and leaves nothing behind, whatever happens to us."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace

import pytest

from callbacks.operations.process import PATIENCE
from callbacks.operations.supervisor import Supervisor
from tests.support.processes.children import SERVES, Children, end

pytestmark = pytest.mark.slow

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))


@pytest.fixture
def children(tmp_path):
    children = Children(tmp_path)
    yield children
    children.close()


def supervisor(children, *layers):
    return Supervisor(layers, folder=children.folder, say=children.say)


@pytest.fixture
def _nothing_is_ignored():
    """As without `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("_nothing_is_ignored")
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_of_the_three_signals_ends_everything(children, signum):
    program = children.program("one", SERVES)
    assert supervisor(children, [program]).run(lambda: signal.raise_signal(signum)) == 0
    assert children.nothing_is_left()


def test_what_is_in_hand_is_finished(children):
    work = "trap 'echo done > \"$FOLDER/work\"; exit 0' TERM; "
    program = children.program("worker", work + SERVES)
    assert supervisor(children, [program]).run(end) == 0
    assert (children.folder / "work").read_text() == "done\n"


def test_a_lower_layer_ends_only_after_the_ones_above(children):
    note = "trap 'echo {0} >> \"$FOLDER/order\"; exit 0' TERM; "
    below = children.program("below", note.format("below") + SERVES)
    slow = "trap 'sleep 0.3; echo above >> \"$FOLDER/order\"; exit 0' TERM; "
    above = children.program("above", slow + SERVES)
    assert supervisor(children, [below], [above]).run(end) == 0
    assert (children.folder / "order").read_text().split() == ["above", "below"]


STUBBORN = 'trap "echo asked" TERM; : > "$READY"; while :; do sleep 1000 & wait; done'


def test_a_second_request_kills(children):
    program = children.program("stubborn", STUBBORN)
    other = children.program("below", STUBBORN)

    def again(line: str) -> None:
        if line.startswith("Stopping"):
            end()

    children.on_line = again
    began = time.monotonic()
    assert supervisor(children, [other], [program]).run(end) == 0
    assert time.monotonic() - began < PATIENCE / 2
    assert "Killing stubborn." in children.said()
    assert children.nothing_is_left()


def test_one_that_does_not_end_in_time_is_killed(children):
    program = replace(children.program("stubborn", STUBBORN), ends_in=0.2)
    assert supervisor(children, [program]).run(end) == 0
    assert "Killing stubborn." in children.said()
    assert children.nothing_is_left()


def test_a_terminal_that_is_gone_does_not_keep_anything_alive(children):
    def gone(line: str) -> None:
        raise BrokenPipeError

    program = children.program("one", SERVES)
    assert Supervisor([[program]], folder=children.folder, say=gone).run(end) == 0
    assert children.nothing_is_left()


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGABRT])
def test_nothing_outlives_a_supervisor_that_was_killed(children, signum):
    script = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from callbacks.operations.supervisor import Supervisor
        from tests.support.processes.children import SERVES, Children

        children = Children.__new__(Children)
        children.folder = Path(sys.argv[1])
        programs = [children.program(name, SERVES, logged=name == "a") for name in "ab"]
        Supervisor([programs], folder=children.folder, say=lambda line: None).run(
            lambda: print("ready", flush=True)
        )
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(children.folder)], cwd=ROOT, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signum)
    assert children.nothing_is_left()
