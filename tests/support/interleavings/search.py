"""Search every interleaving, breadth first, so that the path to a fault is the shortest."""

from dataclasses import dataclass, field

from tests.support.interleavings.model import ANSWERS, FINAL, OPEN, Request, Rules, State, Worker
from tests.support.interleavings.steps import Label, World, is_by_machine, steps


@dataclass
class Found:
    """The result of a search; `fault` is "" if there is none, `way` leads to it."""

    states: list[State] = field(default_factory=list)
    edges: int = 0
    fault: str = ""
    way: list[Label] = field(default_factory=list)


def start(requests: int, workers: int, acts: int, **fields: object) -> State:
    rows = tuple(Request(**{"status": "queued"} | fields) for _ in range(requests))  # type: ignore[arg-type]
    return State(rows, (Worker(),) * workers, acts_left=acts)


def booked(requests: int, workers: int, acts: int, **fields: object) -> State:
    """Return the first state of bookings whose slot has not begun."""
    return start(requests, workers, acts, **{"slot": 1, "due": False, "early": True} | fields)


def wrong_in(state: State) -> str:
    """Return what is wrong in a state, or "" if its invariants hold."""
    for row in state.requests:
        last = row.attempts[-1] if row.attempts else ""
        number = len(row.attempts)
        if row.status in ("queued", "failed") and row.may_have_rung:
            return f"{row.status} although a phone may have rung"
        if row.status == "called" and not row.said and number not in row.accepted:
            return "called although nothing was accepted and nobody says so"
        if row.status == "calling" and last != "pending":
            return "calling without an attempt under way"
        if row.status in OPEN and (row.erased or not row.number):
            return "erased although a call is promised"
    return ""


def search(start: State, rules: Rules) -> Found:
    """Try everything from `start` on; stop at the first fault."""
    found = Found([start])
    places: dict[State, int] = {start: 0}
    came_from: list[tuple[int, Label] | None] = [None]
    by_machine: list[list[tuple[int, Label]]] = []

    def way_to(place: int, *more: Label) -> list[Label]:
        labels = list(more)
        while (step := came_from[place]) is not None:
            place, label = step
            labels.insert(0, label)
        return labels

    for here, state in enumerate(found.states):  # the list grows during the loop
        by_machine.append([])
        for label, world in steps(state, rules):
            found.edges += 1
            after = world.state()
            if after not in places:
                places[after] = len(found.states)
                found.states.append(after)
                came_from.append((here, label))
            if is_by_machine(label) and places[after] != here:
                by_machine[here].append((places[after], label))
            if fault := wrong_after(world, after):
                found.fault, found.way = fault, way_to(here, label)
                return found
    for here, state in enumerate(found.states):
        if not by_machine[here] and not is_over(state):
            found.fault, found.way = "a promise without an end: nothing goes on", way_to(here)
            return found
    if (place := _turns_in_a_circle(found.states, by_machine)) is not None:
        found.fault, found.way = "a promise without an end: a circle", way_to(place)
    return found


def wrong_after(world: World, after: State) -> str:
    return world.faults[0] if world.faults else wrong_in(after)


def takes_no_time(label: Label) -> bool:
    """Return whether the step needs no time and is no failure that may happen only sometimes."""
    return label[0] != "time" and label[1] not in ("die", "record again")


def is_over(state: State) -> bool:
    is_final = all(row.status in (*FINAL, "absent") for row in state.requests)
    return is_final and all(worker.at == "idle" for worker in state.workers)


def _turns_in_a_circle(
    states: list[State], by_machine: list[list[tuple[int, Label]]]
) -> int | None:
    """Return a state from which machines return to the same one without time passing, or None.

    States that differ only in their attempts count as the same. Together with the check that
    machines stop only when all is over, this proves that machines left alone always end.
    """
    keys: dict[object, int] = {}
    class_of = [keys.setdefault(_but_for_the_attempts(state), len(keys)) for state in states]
    follows: list[set[int]] = [set() for _ in keys]
    example = [0] * len(keys)
    for here, ways in enumerate(by_machine):
        example[class_of[here]] = here
        follows[class_of[here]] |= {class_of[to] for to, label in ways if takes_no_time(label)}
    missing = [0] * len(keys)
    for after in follows:
        for key in after:
            missing[key] += 1
    free = [key for key, count in enumerate(missing) if not count]
    seen = 0
    while free:
        seen += 1
        for key in follows[free.pop()]:
            missing[key] -= 1
            if not missing[key]:
                free.append(key)
    if seen == len(keys):
        return None
    return example[next(key for key, count in enumerate(missing) if count)]


def _but_for_the_attempts(state: State) -> object:
    rows = tuple(
        (
            *(row.status, row.due, row.late, row.overdue, row.erased, row.sends, row.number),
            *(row.slot, row.outside, row.confirmed),
        )
        for row in state.requests
    )
    made = [len(row.attempts) for row in state.requests]
    workers = tuple(
        (w.at, w.request, made[w.request] - w.attempt, w.sends_before, w.sends, w.answer)
        for w in state.workers
    )
    copies = tuple(
        (actor, seen.request, seen.status, made[seen.request] - seen.attempts)
        for actor, seen in state.copies
    )
    return rows, workers, copies, state.acts_left


# One answer of each kind. In the model, "401" is like "not connected", and "lost" is like "5xx".
FEW = ("2xx", "5xx", "429", "4xx", "401 of an old token", "held back", "too old")


def rules(answers=FEW, **more):
    told = {name: ANSWERS[name] for name in answers}
    return Rules(in_detail=False, answers=told, **more)
