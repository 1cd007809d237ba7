"""Change a state by one step: compare-and-set moves, and ends of attempts."""

from typing import Any

from tests.support.interleavings.model import ENDED, FINAL, Copy, Request, Rules, State

# Actor, its action, the place of the request or worker, and the choice.
type Label = tuple[str, str, int, str]


class World:
    """A state during one step; `moves` and `faults` are the result of the step."""

    def __init__(self, state: State, rules: Rules) -> None:
        self.requests, self.workers = list(state.requests), list(state.workers)
        self.copies, self.blocked = dict(state.copies), state.blocked
        self.acts_left, self.rules = state.acts_left, rules
        self.moves: list[tuple[int, str, str]] = []
        self.faults: list[str] = []

    def state(self) -> State:
        rows = [self._normal(row) for row in self.requests]
        workers, copies = self.workers, self.copies
        if not self.rules.in_detail and len(rows) == 2 and hash(rows[0]) > hash(rows[1]):
            # Two requests are alike, so their order says nothing.
            rows.reverse()
            workers = [w if w.at == "idle" else w._replace(request=1 - w.request) for w in workers]
            copies = {a: seen._replace(request=1 - seen.request) for a, seen in copies.items()}
        return State(
            tuple(rows),
            tuple(sorted(workers)),
            tuple(sorted(copies.items())),
            self.blocked,
            self.acts_left,
        )

    def _normal(self, row: Request) -> Request:
        """Forget times that nothing waits for, so that there are fewer states."""
        if row.status == "queued":
            row = row._replace(overdue=False)
        elif row.status in FINAL:
            row = row._replace(due=True, late=False, overdue=False)
            row = row._replace(outside=False, confirmed=0, early=False, agreed=0)
        if not self.rules.in_detail:
            row = row._replace(attempts=tuple("ended" if a in ENDED else a for a in row.attempts))
            if row.status in FINAL:
                row = row._replace(sends=0, sent=0)
        return row

    def change(self, i: int, **changes: Any) -> None:
        self.requests[i] = self.requests[i]._replace(**changes)

    def end_attempt(self, i: int, number: int, outcome: str, *, only: tuple[str, ...]) -> None:
        attempts = list(self.requests[i].attempts)
        if len(attempts) >= number > 0 and attempts[number - 1] in only:
            if attempts[number - 1] not in ("pending", "unknown"):
                self.faults.append("an attempt that has ended is written over")
            attempts[number - 1] = outcome
            self.change(i, attempts=tuple(attempts))

    def move(self, name: str, actor: str, seen: Copy, fact: bool = True, **changes: Any) -> bool:
        """Make a move by compare-and-set; return False and do nothing unless `fact` is true."""
        rules, row, move = self.rules, self.requests[seen.request], self.rules.moves[name]
        if seen.status not in move.sources or actor not in move.actors or not fact:
            return False
        if rules.moves_compare_the_status and row.status != seen.status:
            return False
        if rules.moves_compare_the_attempts and len(row.attempts) != seen.attempts:
            return False
        is_let_through = name == "retry" and not rules.retry_leaves_the_erased_alone
        if row.erased and rules.moves_leave_the_erased_alone and not is_let_through:
            return False
        if row.status not in move.sources:
            self.faults.append("a move from where it may not start")
        self.change(seen.request, status=move.target, **changes)
        self.moves.append((seen.request, name, actor))
        return True

    def read(self, i: int) -> Copy:
        row = self.requests[i]
        made = len(row.attempts)
        return Copy(i, row.status, made, row.number, row.erased, row.is_readable, row.slot)
