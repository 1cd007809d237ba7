"""Take a worker's steps: claim, look and send, receive, record; it may die between any two."""

from collections.abc import Iterator

from tests.support.interleavings.model import ENDED, NOTHING_WENT_OUT, Copy, Rules, State, Worker
from tests.support.interleavings.world import Label, World


def worker_steps(
    state: State, rules: Rules, w: int, worker: Worker
) -> Iterator[tuple[Label, World]]:
    """Yield what this worker may do next, and what the service may answer."""
    if worker.at == "idle":
        if worker in state.workers[:w]:
            return  # idle workers are alike: let only the first act
        for i, row in enumerate(state.requests):
            is_due = row.status == "queued" and row.due and not row.erased
            is_due = is_due and (rules.is_open(row) or not rules.claim_looks_at_the_hours)
            if is_due and len(row.attempts) < rules.most_attempts:
                if not row.late or not rules.claim_looks_at_patience:
                    world = World(state, rules)
                    if rules.claim_is_compare_and_set:
                        _claim(world, w, i)
                    else:
                        world.workers[w] = Worker("chosen", i)
                    yield ("worker", "claim", w, str(i)), world
                if not row.late:
                    world = World(state, rules)
                    world.workers[w] = Worker("tokenless", i, len(row.attempts))
                    yield ("worker", "no token", w, str(i)), world
        return
    if worker.at == "chosen" and not state.requests[worker.request].late:
        yield ("worker", "claim", w, ""), _claim(World(state, rules), w, worker.request)
    if worker.at == "claimed":
        yield ("worker", "look and send", w, ""), _look(World(state, rules), w, worker)
        for answer in rules.answers.keys() & {"not connected", "too old"}:
            world = World(state, rules)
            world.workers[w] = worker._replace(at="answered", answer=answer)
            yield ("time" if answer == "too old" else "worker", answer, w, ""), world
    if worker.at == "looked":  # only with a mutant
        yield ("worker", "send", w, ""), _send(World(state, rules), w, worker)
    if worker.at == "sent":
        for answer in rules.answers:
            if answer not in NOTHING_WENT_OUT and _may_answer(answer, worker):
                yield ("service", "answer", w, answer), _receive(World(state, rules), w, answer)
    if worker.at in ("answered", "tokenless"):
        world = World(state, rules)
        world.workers[w] = Worker()
        (_record if worker.at == "answered" else _note_no_token)(world, worker)
        yield ("worker", "record", w, ""), world
        if worker.at == "answered":  # the commit succeeded, but the worker did not learn it
            world = World(state, rules)
            _record(world, worker)
            yield ("worker", "record again", w, ""), world
    if worker.at != "tokenless":  # a tokenless worker holds nothing
        world = World(state, rules)
        world.workers[w] = Worker()
        yield ("worker", "die", w, ""), world


def _may_answer(answer: str, worker: Worker) -> bool:
    return worker.has_new_token == (answer == "401") if answer.startswith("401") else True


def _claim(world: World, w: int, i: int) -> World:
    row, rules, seen = world.requests[i], world.rules, world.read(i)
    if not row.is_readable and rules.claim_sets_the_unreadable_aside:
        world.move("set_aside", "worker", seen)
        return world
    if row.number in world.blocked and rules.claim_asks_the_block_list:
        world.move("cancel", "worker", seen)
        return world
    if row.number in world.blocked:
        world.faults.append("somebody is claimed whose number is on the block list")
    if not row.is_readable:
        world.faults.append("a claim of what no key reads")
    if row.late:
        world.faults.append("a claim after the patience was over")
    if row.early:
        world.faults.append("a claim before the time slot")
    if row.outside and row.agreed != row.slot:
        world.faults.append("a claim outside the hours that nobody confirmed")
    if "pending" in row.attempts:
        world.faults.append("two attempts are under way")
    if rules.claim_is_committed_before_the_send:
        attempts = (*row.attempts, "pending")
        world.move("claim", "worker", seen, attempts=attempts, overdue=False)
    world.workers[w] = Worker("claimed", i, seen.attempts + 1, row.number, row.sends)
    return world


def _look(world: World, w: int, worker: Worker) -> World:
    row, rules = world.requests[worker.request], world.rules
    is_mine = row.status == "calling" and len(row.attempts) == worker.attempt
    is_open = is_mine and row.attempts[-1] == "pending" and not row.late and not row.erased
    is_open = is_open and (rules.is_open(row) or not rules.last_look_looks_at_the_hours)
    if not is_open and rules.last_look and rules.claim_is_committed_before_the_send:
        world.workers[w] = worker._replace(at="answered", answer="held back")
        return world
    if not rules.last_look_and_send_are_one:
        world.workers[w] = worker._replace(at="looked")
        return world
    return _send(world, w, worker)


def _send(world: World, w: int, worker: Worker) -> World:
    """Send, and check the promises about calls."""
    row = world.requests[worker.request]
    for is_wrong, words in (
        (row.may_have_rung, "a send after one that may have rung, without a person between"),
        (row.sent >= world.rules.most_sends, "more sends by machines than a person's wish allows"),
        (row.status == "cancelled", "a send after the request was cancelled"),
        (row.erased or not worker.number, "a send after the person was erased"),
        (row.number != worker.number, "a send to another number than the request's"),
        (row.late, "a send after the patience was over"),
        (
            row.outside and row.agreed != row.slot,
            "a send outside the hours that nobody confirmed",
        ),
    ):
        if is_wrong:
            world.faults.append(words)
    rung = row.may_have_rung | {worker.attempt}
    world.change(worker.request, may_have_rung=rung, sent=row.sent + 1)
    world.workers[w] = worker._replace(at="sent", sends=worker.sends + 1)
    return world


def _receive(world: World, w: int, answer: str) -> World:
    worker, meaning = world.workers[w], world.rules.answers[answer]
    row = world.requests[worker.request]
    if not meaning.may_have_rung and answer not in ("5xx", "lost"):
        rung = row.may_have_rung - {worker.attempt}
        world.change(worker.request, may_have_rung=rung)
    if answer == "2xx":
        world.change(worker.request, accepted=row.accepted | {worker.attempt})
    if meaning.move != "again":
        world.workers[w] = worker._replace(at="answered", answer=answer)
    elif worker.sends_before + worker.sends >= world.rules.most_sends:
        world.workers[w] = worker._replace(at="answered", answer="used up")
    else:
        is_new = worker.has_new_token or answer == "401 of an old token"
        world.workers[w] = worker._replace(at="claimed", has_new_token=is_new)
    return world


def _record(world: World, worker: Worker) -> None:
    """End the attempt if it is open, and move the request if it still belongs to this attempt."""
    i, rules, row = worker.request, world.rules, world.requests[worker.request]
    total = worker.sends_before + (worker.sends if rules.sends_are_counted else 0)
    is_used_up = worker.answer == "used up"
    outcome, name, _ = rules.answers["4xx" if is_used_up else worker.answer]
    if name == "requeue" and worker.sends and total >= rules.most_sends:
        outcome, name = "refused", "refuse"
    open_ones = ("pending", "unknown")
    if not rules.answers_end_open_attempts_only:
        open_ones += ENDED  # type: ignore[assignment]
    world.end_attempt(i, worker.attempt, outcome, only=open_ones)
    seen = Copy(i, "calling", worker.attempt, worker.number, False)
    if not rules.claim_is_committed_before_the_send:
        world.change(i, status="calling", attempts=(*row.attempts, outcome))
    is_again = name == "requeue"
    is_due = worker.answer in ("held back", "too old") or not rules.put_off_waits
    due = is_due if is_again else row.due
    done = world.move(name, "worker", seen, sends=total, due=due)
    if done and is_again and (row.late or worker.answer == "429 beyond patience"):
        world.move("expire", "worker", world.read(i))
    if not done and name == "accept":
        is_latest = worker.attempt == len(row.attempts) or not rules.late_accept_is_of_the_latest
        world.move("late_accept", "worker", world.read(i), is_latest)


def _note_no_token(world: World, worker: Worker) -> None:
    row = world.requests[worker.request]
    is_as_seen = row.status == "queued" and len(row.attempts) == worker.attempt and not row.erased
    if is_as_seen or not world.rules.refusal_for_want_of_a_token_compares:
        world.change(worker.request, attempts=(*row.attempts, "not_sent"), due=False)
        if row.late:
            world.move("expire", "worker", world.read(worker.request))
