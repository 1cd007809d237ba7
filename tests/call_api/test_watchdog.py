"""A connection is cut when its time is over, by one thread for all, and not once it was let go."""

import socket
import threading
from contextlib import closing

from callbacks.core.watchdog import Watchdog

LONG = 60
PATIENCE = 10


def test_the_one_whose_time_comes_first_is_cut_first():
    far, far_peer = socket.socketpair()
    near, near_peer = socket.socketpair()
    with closing(far), closing(far_peer), closing(near), closing(near_peer):
        later, sooner = Watchdog(far, LONG), Watchdog(near, 0.01)
        near_peer.settimeout(PATIENCE)
        assert near_peer.recv(1) == b""
        assert sooner.fired
        assert not later.fired
        far.send(b"x")
        assert far_peer.recv(1) == b"x"
        later.stop()
        sooner.stop()


def test_one_that_was_stopped_cuts_nothing():
    mine, peer = socket.socketpair()
    other, other_peer = socket.socketpair()
    with closing(mine), closing(peer), closing(other), closing(other_peer):
        stopped = Watchdog(mine, 0.5)
        stopped.stop()
        after = Watchdog(other, 0.6)
        other_peer.settimeout(PATIENCE)
        assert other_peer.recv(1) == b""  # so the time of the first is over as well
        assert not stopped.fired
        mine.send(b"x")
        assert peer.recv(1) == b"x"
        after.stop()


def test_a_thousand_connections_need_one_thread():
    mine, peer = socket.socketpair()
    with closing(mine), closing(peer):
        Watchdog(mine, LONG).stop()
        before = threading.active_count()
        for watchdog in [Watchdog(mine, LONG) for _ in range(1000)]:
            watchdog.stop()
        assert threading.active_count() == before
