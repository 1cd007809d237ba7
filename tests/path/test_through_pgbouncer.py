"""Through PgBouncer in transaction mode, where each transaction may get another connection."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import programs
from tests.servers import throwaway_pgbouncer, throwaway_postgresql
from tests.site_processes import Site
from tests.stand_in import StandIn
from tests.visitor import ask_for_a_call

FORMS = 30
# Fewer than the processes have threads, so that they share.
CONNECTIONS = 3


@pytest.mark.slow
@pytest.mark.postgresql
def test_each_form_is_one_call(tmp_path, redis_server):
    if not programs.pgbouncer():
        pytest.skip("pgbouncer is not installed")
    with (
        throwaway_postgresql() as database,
        throwaway_pgbouncer(database, connections=CONNECTIONS) as bouncer,
        StandIn() as service,
        Site(
            tmp_path / "site",
            database_url=bouncer.url,
            queue_url=redis_server.url,
            uhlive_token_url=service.token_url,
            uhlive_call_url=service.call_url,
            pace_calls="0",
        ) as site,
    ):
        page = f"{site.url}/w/{site.create_widget()}/"
        site.start("web", "sweep", "worker", "worker:2")
        numbers = [f"06 12 34 56 {index:02}" for index in range(FORMS)]
        with ThreadPoolExecutor(8) as visitors:
            answers = list(visitors.map(lambda number: ask_for_a_call(page, number), numbers))
        assert {answer.status for answer in answers} == {200}
        service.wait_for_calls(FORMS, patience=60)
        site.wait_for(
            lambda: site.query("CallRequest.objects.filter(status='called').count()") == FORMS,
            "every request to be called",
        )
        assert set(service.seen.calls.values()) == {1}
        # What reads row by row, which would lose its cursor between two transactions.
        site.manage("check_consent")
        site.manage("count_figures")
