"""Signals are something to wait for: none is lost, none interrupts."""

import os
import signal
import threading

from callbacks.operations.unix_signals import CaughtSignals


def test_a_signal_ends_the_wait_at_once():
    with CaughtSignals(signal.SIGUSR1) as signals:
        sender = threading.Timer(0.05, os.kill, [os.getpid(), signal.SIGUSR1])
        sender.start()
        assert signals.wait(60) == [signal.SIGUSR1]
        sender.join()


def test_a_signal_that_came_before_the_wait_is_not_lost():
    with CaughtSignals(signal.SIGUSR1, signal.SIGUSR2) as signals:
        signal.raise_signal(signal.SIGUSR2)
        signal.raise_signal(signal.SIGUSR1)
        assert signals.wait(60) == [signal.SIGUSR2, signal.SIGUSR1]
        assert signals.wait(0) == []


def test_the_handlers_from_before_come_back():
    before = signal.getsignal(signal.SIGTERM)
    with CaughtSignals(signal.SIGTERM):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_is_ignored_from_outside_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with CaughtSignals(signal.SIGHUP) as signals:
            signal.raise_signal(signal.SIGHUP)
            assert signals.wait(0) == []
    finally:
        signal.signal(signal.SIGHUP, before)
