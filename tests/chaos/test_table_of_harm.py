"""The chaos run's table: how often something was broken, and how soon all was well again."""

from contextlib import nullcontext

import pytest

from benchmarks.havoc.injections import Injection, Journal, NotNow, Pulse


def journal(*done: Injection) -> Journal:
    found = Journal()
    found.done += done
    return found


def test_recovery_is_the_median_and_the_worst_wait_for_what_next_went_well():
    harms = [Injection("killed", since, since + 1) for since in (10, 20, 30)]
    pulse = Pulse(forms=[10.5, 11.2, 21.5, 36.0], calls=[12.0, 23.0, 34.0])
    [line] = journal(*harms).table(pulse)
    assert line.times == 3
    assert line.form_recovery == (pytest.approx(0.5), 5.0)
    assert line.call_recovery == (2.0, 3.0)


def test_what_happened_while_it_was_broken_is_counted():
    pulse = Pulse(forms=[1.5, 5.0], failed_forms=[1.2, 1.8, 3.0], calls=[2.5])
    [line] = journal(Injection("full", 1, 2)).table(pulse)
    assert (line.forms, line.failed_forms, line.calls) == (1, 2, 0)


def test_nothing_that_went_well_afterwards_is_no_recovery():
    [line] = journal(Injection("killed", 1, 2)).table(Pulse(forms=[0.5]))
    assert line.form_recovery is None


def test_what_could_not_be_broken_is_not_noted():
    class Busy(nullcontext[None]):
        def __enter__(self) -> None:
            raise NotNow

    found = Journal()
    with pytest.raises(NotNow), found.note("busy", Busy()):
        pass
    with found.note("done", nullcontext()):
        pass
    assert [one.kind for one in found.done] == ["done"]
