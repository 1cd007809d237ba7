"""List who may do what next: every step is atomic, and any actor may act between two steps."""

from collections.abc import Iterator

from tests.support.interleavings.model import MACHINES, OPEN, Rules, State
from tests.support.interleavings.reader_steps import ACTS, PEOPLE, reading, without_reading
from tests.support.interleavings.worker_steps import worker_steps
from tests.support.interleavings.world import Label, World

__all__ = ["Label", "World", "is_by_machine", "steps"]


def steps(state: State, rules: Rules) -> Iterator[tuple[Label, World]]:
    """Yield every step that an actor may take from here, with its result."""
    for w, worker in enumerate(state.workers):
        yield from worker_steps(state, rules, w, worker)
    for i in range(len(state.requests)):
        yield from _time_steps(state, rules, i)
    for actor in ("housekeeping", *(PEOPLE if state.acts_left else ())):
        if actor not in dict(state.copies):
            yield from reading(state, rules, actor)
    for actor, copy in state.copies:
        for act in ACTS[actor]:
            world = World(state, rules)
            del world.copies[actor]
            if act(world, copy):
                yield (actor, act.__name__, copy.request, ""), world
    if state.acts_left:
        yield from without_reading(state, rules)


def is_by_machine(label: Label) -> bool:
    return label[0] in MACHINES


def _time_steps(state: State, rules: Rules, i: int) -> Iterator[tuple[Label, World]]:
    row = state.requests[i]
    is_overdue = row.overdue or "pending" not in row.attempts
    is_late = row.late or (row.slot > 0 and not row.due)  # a slot begins before it ends
    is_outside = row.outside or not row.slot
    facts = {"due": row.due, "late": is_late, "overdue": is_overdue, "outside": is_outside}
    for fact, is_true in facts.items():
        if row.status in OPEN and not is_true:
            world = World(state, rules)
            world.change(i, **{fact: True}, early=row.early and fact != "due")
            yield ("time", fact, i, ""), world
