"""A hundred forms, posted by a script that only knows the page, are a hundred calls."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from tests.support.call_service.stand_in import StandIn
from tests.support.servers import throwaway_postgresql
from tests.support.site_processes import Site
from tests.support.visitor import ask_for_a_call

FORMS = 100


@pytest.fixture
def database_url(tmp_path):
    """An empty database of the kind that these tests run on."""
    if connection.vendor != "postgresql":
        yield f"sqlite:///{tmp_path}/db.sqlite3"
        return
    with throwaway_postgresql() as server:
        yield server.url


@pytest.mark.minutes
@pytest.mark.parametrize("processes", [1, 2], ids=["one worker process", "two"])
def test_each_form_is_one_correct_call(tmp_path, database_url, processes):
    queue = database_url if database_url.startswith("postgres") else f"sqlite:///{tmp_path}/q"
    workers = ["worker", "worker:2"][:processes]
    with (
        StandIn() as service,
        Site(
            tmp_path / "site",
            database_url=database_url,
            queue_url=queue,
            uhlive_token_url=service.token_url,
            uhlive_call_url=service.call_url,
            pace_calls="0",
        ) as site,
    ):
        page = f"{site.url}/w/{site.create_widget()}/"
        site.start("web", *workers)
        # Or housekeeping would place the first calls itself, with a token of its own.
        beating = "WorkerProcess.objects.count()"
        site.wait_for(lambda: site.query(beating) == processes, "the workers")
        site.start("housekeeping")
        numbers = [f"06 12 34 {index // 100:02} {index % 100:02}" for index in range(FORMS)]
        with ThreadPoolExecutor(8) as visitors:
            answers = list(visitors.map(lambda number: ask_for_a_call(page, number), numbers))
        assert {answer.status for answer in answers} == {200}
        assert all("/r/" in answer.url for answer in answers)
        service.wait_for_calls(FORMS, patience=60)
        site.wait_for(
            lambda: site.query("CallRequest.objects.filter(status='called').count()") == FORMS,
            "every request to be called",
        )
        assert service.seen.wrong == []
        assert set(service.seen.calls.values()) == {1}
        assert len(service.seen.calls) == FORMS
        assert service.seen.tokens <= processes
