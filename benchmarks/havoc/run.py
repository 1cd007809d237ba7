"""Run one chaos run in a running world: break, settle, judge; then price the assumption."""

import pickle
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.db import DatabaseError, InterfaceError, connection

from benchmarks.havoc import (
    assumption,
    collect,
    on_files,
    on_postgresql,
    on_processes,
    on_service,
    report,
)
from benchmarks.havoc import widgets as widgets_of_run
from benchmarks.havoc.breaking import Breaker
from benchmarks.havoc.clocks import Clocks, real_monotonic, real_time
from benchmarks.havoc.injections import Injector, Pulse
from benchmarks.havoc.judge import verdict
from benchmarks.havoc.judge.evidence import Evidence, Period, Settings
from benchmarks.havoc.judge.evidence import Widget as WidgetSettings
from benchmarks.havoc.opening import Opening
from benchmarks.havoc.people import People
from benchmarks.havoc.rotation import Rotation
from benchmarks.havoc.settling import settle
from benchmarks.havoc.visitors import Visitors
from benchmarks.havoc.world import (
    PACE_CALLS,
    PACE_SECONDS,
    World,
)
from callbacks.models import CallRequest, Move

AT_ONCE = 40
# The share of visitors at the end, when nothing is broken any more.
CALM_SHARE = 0.1
# Seconds to place a promised call then; the pause of the circuit breaker may have grown a little.
CALM_BOUND = 60.0
# Without the requests that an operator held.
CALLS_IN_DOUBT = "calls in doubt"
# How often a run on a slow machine is extended by a tenth of its time, until it has seen enough.
MOST_EXTENSIONS = 10
ROTATION_AT = 0.15


@dataclass(frozen=True)
class Plan:
    """How many visitors come, for how long (seconds), and the seed of all random choices."""

    requests: int
    seconds: float
    seed: int
    # A folder that outlives the run. The evidence is stored there and can be judged again.
    keep: Path | None = None

    @property
    def patience_minutes(self) -> int:
        """Longer than any one failure, and short enough for a short run to settle."""
        return 5 if self.seconds > 300 else 2

    @property
    def least(self) -> dict[str, int]:
        """What must have happened at least; otherwise the run proves nothing."""
        minutes = self.seconds / 60
        return {
            "called": int(0.5 * self.requests),
            CALLS_IN_DOUBT: max(2, int(2 * minutes)),
            "retries": max(1, int(1.5 * minutes)),
            "takeovers": max(1, int(minutes)),
            "bookings": max(2, int(2 * minutes)),
            # In a short run, it is chance whether a visitor who moves a call finds a free slot.
            "moved bookings": int(minutes / 3),
            "changes of hours": max(2, int(minutes)),
        }


@dataclass
class _Jumps:
    """The periods in which the database's clock was wrong."""

    periods: list[Period] = field(default_factory=list)

    def jumped(self, since: float, until: float) -> None:
        self.periods.append(Period(since - 1, until + 1, "the database's clock was ahead"))


def run(world: World, plan: Plan, own: Clocks) -> int:
    """Break, settle and judge; print what was seen, and return the exit status."""
    begun = real_monotonic()
    opening = Opening(plan.seconds)
    widgets = widgets_of_run.always_open(plan.patience_minutes)
    widgets |= widgets_of_run.with_hours(plan.patience_minutes, opening)
    jumps, pulse = _Jumps(), Pulse()
    breaker = Breaker(world, _injectors(world, plan, own, jumps), plan.seed)
    staff = People(plan.seed, world.database, opening)
    rotation = Rotation(world, breaker.journal, after=ROTATION_AT * plan.seconds)
    crowd = Visitors(world.webs, list(widgets), plan.seed, pulse)
    busy = plan.seconds * (1 - CALM_SHARE)
    connection.close()  # the database's files may be replaced
    for actor in (breaker, staff, rotation):
        actor.start()
    crowd.ask(int(plan.requests * (1 - CALM_SHARE)), busy, AT_ONCE)
    for _extension in range(MOST_EXTENSIONS):
        if _has_seen_enough(world, plan, staff):
            break
        crowd.ask(plan.requests // 10, plan.seconds / 10, AT_ONCE)
    for stopped in (breaker, rotation, staff):
        stopped.stop()
    healed = real_time()
    crowd.ask(int(plan.requests * CALM_SHARE), plan.seconds - busy, AT_ONCE)
    asked_after = real_monotonic() - begun
    not_over = settle(world, plan.patience_minutes, widgets)
    calm = Period(healed, real_time(), "all is healed")

    known = collect.evidence(
        _settings(plan, widgets, jumps, calm),
        world.sandbox,
        crowd.notes,
        staff.acts.done,
        breaker.journal.harms(),
    )
    in_doubt = sum(move.name == "mark_uncertain" for move in known.moves)
    known = replace(known, seen={CALLS_IN_DOUBT: in_doubt})
    if plan.keep:
        (plan.keep / "evidence.pickle").write_bytes(pickle.dumps(known))
    broken = [*verdict.violations(known), *_broken_itself(world, breaker, rotation)]
    broken += not_over
    _show(world, breaker, known, staff, crowd, pulse)
    broken += assumption.price(world, plan.seed, plan.patience_minutes)
    seconds = real_monotonic() - begun
    print(f"\n{asked_after:.0f} s of visitors, {seconds:.0f} s in all, seed {plan.seed}.")
    if broken:
        print(f"\nBROKEN PROMISES: {len(broken)}", *broken[:50], sep="\n  ")
        return 1
    print("Nobody was called twice, and nothing was lost.")
    return 0


def _has_seen_enough(world: World, plan: Plan, staff: People) -> bool:
    """Return whether what must happen has happened often enough."""
    with world.database.shared():
        try:
            doubts = Counter(
                Move.objects.filter(name="mark_uncertain").values_list("actor", flat=True)
            )
            moved = Move.objects.filter(name="reschedule").count()
            booked = CallRequest.objects.filter(slot_start__isnull=False).count()
        except (DatabaseError, InterfaceError):
            return False
        finally:
            connection.close()
    least, did = plan.least, staff.acts.counted()
    return (
        doubts.total() >= least[CALLS_IN_DOUBT]
        and doubts["housekeeping"] >= least["takeovers"]
        and did["retry done"] >= least["retries"]
        and did["hours done"] >= least["changes of hours"]
        and booked >= least["bookings"]
        and moved >= least["moved bookings"]
    )


def _injectors(world: World, plan: Plan, own: Clocks, jumps: _Jumps) -> list[Injector]:
    choose = on_processes.Chooser(world, plan.seed)
    found = [
        *on_processes.injectors(world, choose),
        *on_service.injectors(world, plan.seed),
    ]
    if world.postgresql:
        return [*found, *on_postgresql.injectors(world, jumps.jumped)]
    return [*found, *on_files.injectors(world, own, jumps.jumped)]


def _settings(
    plan: Plan, widgets: dict[str, WidgetSettings], jumps: _Jumps, calm: Period
) -> Settings:
    return Settings(
        widgets,
        pace_calls=PACE_CALLS,
        pace_seconds=PACE_SECONDS,
        unsure=tuple(jumps.periods),
        calm=(calm,),
        calm_bound=CALM_BOUND,
        least=plan.least,
    )


def _broken_itself(world: World, breaker: Breaker, rotation: Rotation) -> list[str]:
    found = [f"{what} ended by itself" for what in world.ended_by_itself]
    found += [f"the run could not break or heal something: {what}" for what in breaker.errors]
    if not rotation.is_done:
        found.append("the encryption key was not rotated")
    return found + world.tracebacks()


def _show(
    world: World, breaker: Breaker, known: Evidence, staff: People, crowd: Visitors, pulse: Pulse
) -> None:
    offset = real_time() - real_monotonic()
    pulse.calls += [ring.at - offset for ring in known.rings]
    for times in (pulse.forms, pulse.failed_forms, pulse.calls):
        times.sort()
    print(f"\n{report.injections(breaker.journal.table(pulse))}")
    print(f"\n{report.counts('what became of it', report.outcomes(known))}")
    print(f"\n{report.counts('what staff and operator did', staff.acts.counted())}")
    print(f"\n{report.counts('what visitors did', crowd.did)}")
    print(f"\n{report.counts('what the service did', _faults(known))}")


def _faults(known: Evidence) -> Counter[str]:
    return Counter(" and ".join(send.faults) or "as it should" for send in known.sends)
