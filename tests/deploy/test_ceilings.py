"""`make bench ARGS=ceilings` pushes until a part gives, and ranks the parts by what they carry."""

from benchmarks.ceilings import Ceiling, Step, until_it_gives


def pushed(*rates):
    asked = []

    def push(processes):
        asked.append(processes)
        return Step(processes, rates[len(asked) - 1], 0.001)

    steps = until_it_gives(push, (1, 2, 4, 8))
    assert [step.processes for step in steps] == asked
    return steps


def test_it_stops_when_twice_the_processes_do_not_do_a_tenth_more():
    assert len(pushed(10.0, 18.0, 19.0, 99.0)) == 3
    assert len(pushed(10.0, 9.0, 99.0, 99.0)) == 2


def test_it_stops_at_the_bound_when_nothing_gives():
    assert len(pushed(10.0, 20.0, 40.0, 80.0)) == 4


def test_it_stops_when_the_time_is_over():
    def push(processes):
        return Step(processes, 10.0 * processes, 0.001)

    assert len(until_it_gives(push, (1, 2, 4, 8), end=0.0)) == 1


def test_a_ceiling_is_the_best_step_shared_among_what_a_request_needs():
    ceiling = Ceiling("commits", pushed(100.0, 160.0, 150.0), a_request=4)
    assert ceiling.best.processes == 2
    assert ceiling.requests == 40
