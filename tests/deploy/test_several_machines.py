"""Four machines with PostgreSQL, PgBouncer and Redis, by docs/several_machines.md.

What this does not show: systemd itself (a stand-in reads the units: tests/support/machine/), and
machines with kernels, disks and clocks of their own, which network namespaces share.
"""

from pathlib import Path

import pytest

from tests.support import programs
from tests.support.machine import apart

NEEDED = (programs.nginx, programs.postgresql, programs.pgbouncer, programs.redis)

pytestmark = [
    pytest.mark.minutes,
    pytest.mark.skipif(not all(find() for find in NEEDED), reason="a program is not installed"),
    pytest.mark.skipif(not apart.may_install(), reason="needs a clone, and root with namespaces"),
]


def test_the_documents_install_a_site_that_survives_the_loss_of_a_worker(tmp_path: Path) -> None:
    assert apart.run("several_machines", tmp_path) == [
        "installed",
        "set up",
        "a visitor who asked on one machine was called from another",
        "both workers called",
        "visitors were called once each, while the machines were upgraded one after the other",
        "a worker was lost, and the calls that it was placing came once each",
        "the other worker called everybody else",
    ]
