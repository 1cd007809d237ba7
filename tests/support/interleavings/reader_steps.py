"""Take the steps of actors that read a row and act on it, perhaps much later."""

from collections.abc import Iterator

from tests.support.interleavings.model import OPEN, Copy, Rules, State
from tests.support.interleavings.world import Label, World

PEOPLE = ("staff", "visitor", "operator")


def reading(state: State, rules: Rules, actor: str) -> Iterator[tuple[Label, World]]:
    for i, row in enumerate(state.requests):
        is_dead = row.status == "calling" and (row.overdue or "pending" not in row.attempts)
        is_late = row.status == "queued" and row.late
        is_uncertain = row.status == "uncertain" and not rules.machines_leave_the_uncertain_alone
        concerns = {
            "housekeeping": (is_dead and rules.housekeeping_doubts)
            or (is_late and rules.housekeeping_expires)
            or is_uncertain,
            "staff": row.status != "absent",
            "visitor": row.status == "queued",
            "operator": row.status in OPEN,
        }
        if concerns[actor]:
            world = World(state, rules)
            world.copies[actor] = world.read(i)
            world.acts_left -= actor != "housekeeping"
            yield (actor, "read", i, ""), world


def housekeeping_acts(world: World, seen: Copy) -> bool:
    row, rules = world.requests[seen.request], world.rules
    if seen.status == "uncertain":  # only with a mutant
        world.move("requeue", "housekeeping", seen)
        return True
    if seen.status == "queued":
        fact = row.late or not rules.expire_looks_at_patience
        if world.move("expire", "housekeeping", seen, fact) and not row.late:
            world.faults.append("too late before the patience was over")
        return True
    nobody_is_at_it = row.overdue or "pending" not in row.attempts
    if (
        world.move("mark_uncertain", "housekeeping", seen, nobody_is_at_it)
        and rules.doubt_ends_the_attempt
    ):
        world.end_attempt(seen.request, seen.attempts, "unknown", only=("pending",))
    return True


def retry(world: World, seen: Copy) -> bool:
    if world.requests[seen.request].withdrawn or seen.slot:
        return False
    anew = {"due": True, "late": False, "sends": 0, "sent": 0, "said": False}
    world.move("retry", "staff", seen, may_have_rung=frozenset(), **anew)  # type: ignore[arg-type]
    is_refused = seen.erased and world.rules.retry_leaves_the_erased_alone
    is_refused = is_refused or not seen.is_readable
    return seen.status in world.rules.moves["retry"].sources and not is_refused


def mark_called(world: World, seen: Copy) -> bool:
    world.move("mark_called", "staff", seen, said=True)
    return _may(world, "mark_called", seen)


def close(world: World, seen: Copy) -> bool:
    world.move("close", "staff", seen)
    return _may(world, "close", seen)


def staff_cancel(world: World, seen: Copy) -> bool:
    world.move("cancel", "staff", seen)
    return _may(world, "cancel", seen)


def visitor_cancel(world: World, seen: Copy) -> bool:
    if world.move("cancel", "visitor", seen):
        world.change(seen.request, withdrawn=True)
    return True


def never_again(world: World, seen: Copy) -> bool:
    """Put the number as read on the block list, and cancel a waiting request.

    Nothing is done if the number was corrected or erased since: the page then shows another one.
    """
    row = world.requests[seen.request]
    if row.erased or row.number != seen.number:
        return True
    if seen.is_readable:
        world.blocked |= {seen.number} - {""}
    world.move("cancel", "visitor", seen)
    world.change(seen.request, withdrawn=True)
    return True


def correct(world: World, seen: Copy) -> bool:
    row = world.requests[seen.request]
    is_as_seen = row.status == "queued" and row.number == seen.number and not row.erased
    is_allowed = is_as_seen or not world.rules.correction_looks_at_the_status
    if is_allowed and "b" not in world.blocked:
        world.change(seen.request, number="b", is_readable=True)
    return seen.number == "a"


def confirm(world: World, seen: Copy) -> bool:
    """Confirm the slot that staff saw, if it is outside the hours and not over."""
    row = world.requests[seen.request]
    is_as_seen = row.slot == seen.slot or not world.rules.confirm_compares_the_slot
    fact = is_as_seen and row.outside and not row.late and row.confirmed != row.slot
    done = world.move("confirm", "staff", seen, fact, confirmed=seen.slot, agreed=seen.slot)
    if done and row.slot != seen.slot:
        world.faults.append("a confirmation of another slot than the booking's")
    return seen.slot > 0 and _may(world, "confirm", seen)


def staff_reschedule(world: World, seen: Copy) -> bool:
    return _reschedule(world, "staff", seen)


def visitor_reschedule(world: World, seen: Copy) -> bool:
    return _reschedule(world, "visitor", seen)


def _reschedule(world: World, actor: str, seen: Copy) -> bool:
    """Move the booking from the slot that the person saw to the other one."""
    row, rules = world.requests[seen.request], world.rules
    is_as_seen = row.slot == seen.slot and row.number == seen.number
    done = world.move(
        "reschedule",
        actor,
        seen,
        is_as_seen or not rules.reschedule_compares_the_slot,
        slot=3 - seen.slot,
        due=row.due and not rules.reschedule_waits_for_the_slot,
        early=True,
        late=False,
        outside=False,
        confirmed=0 if rules.reschedule_ends_the_confirmation else row.confirmed,
        agreed=0,
    )
    if done and row.slot != seen.slot:
        world.faults.append("a move from a slot that the person did not see")
    return seen.slot > 0 and _may(world, "reschedule", seen)


def hold(world: World, seen: Copy) -> bool:
    """Hold an open request after a restored backup: it may have been called since."""
    rung = frozenset({seen.attempts}) | world.requests[seen.request].may_have_rung
    if (
        world.move("hold", "operator", seen, may_have_rung=rung)
        and world.rules.hold_ends_the_attempt
    ):
        number = len(world.requests[seen.request].attempts)
        world.end_attempt(seen.request, number, "unknown", only=("pending",))
    return True


def _may(world: World, name: str, seen: Copy) -> bool:
    return seen.status in world.rules.moves[name].sources and not seen.erased


ACTS = {
    "housekeeping": (housekeeping_acts,),
    "staff": (retry, mark_called, staff_cancel, close, confirm, staff_reschedule),
    "visitor": (visitor_cancel, never_again, correct, visitor_reschedule),
    "operator": (hold,),
}


# -- steps without reading first: the form, an erasure, retention ----------------------------------


def without_reading(state: State, rules: Rules) -> Iterator[tuple[Label, World]]:
    for i, row in enumerate(state.requests):
        for actor, act in WITHOUT_READING:
            if row.status != "absent" or act is form:
                world = World(state, rules)
                world.acts_left -= 1
                act(world, i)
                yield (actor, act.__name__, i, ""), world


def form(world: World, i: int) -> None:
    """Send the form; sent again (a double click, Back, much later) it is the same request."""
    row = world.requests[i]
    if row.status != "absent" and world.rules.same_form_is_same_request:
        return
    if row.number not in world.blocked:
        world.change(i, status="queued", due=True, late=False)


def erase(world: World, i: int) -> None:
    """Erase all requests with this number at once, unless one of them is being called."""
    number = world.requests[i].number
    about = [j for j, row in enumerate(world.requests) if number and row.number == number]
    about = [j for j in about if world.requests[j].status != "absent"]
    is_calling = any(world.requests[j].status == "calling" for j in about)
    if is_calling and world.rules.erasure_waits_for_calls:
        return
    for j in about:
        if world.rules.erasure_cancels_what_waits:
            world.move("cancel", "worker", world.read(j))
        world.change(j, erased=True, number="", is_readable=True)


def retain(world: World, i: int) -> None:
    """Erase an old request's personal data, unless a call is still promised."""
    if world.requests[i].status not in OPEN or not world.rules.retention_leaves_open_ones_alone:
        world.change(i, erased=True, number="", is_readable=True)


def lose_key(world: World, i: int) -> None:
    """Make the row unreadable: a damaged byte, or a key that was removed too early."""
    if world.requests[i].number:
        world.change(i, is_readable=False)


WITHOUT_READING = (
    ("visitor", form),
    ("privacy", erase),
    ("privacy", retain),
    ("operator", lose_key),
)
