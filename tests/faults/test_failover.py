"""A standby that takes over is found by itself, when `DATABASE_URL` names both hosts."""

import psycopg
import pytest

from tests.support.servers import throwaway_postgresql, throwaway_standby
from tests.support.site_processes import Site
from tests.support.visitor import ask_for_a_call, fetch

PROCESSES = ("web", "worker", "housekeeping")


@pytest.mark.minutes
@pytest.mark.postgresql
def test_forms_and_calls_go_to_the_standby_that_was_promoted(tmp_path, sandbox):
    with throwaway_postgresql() as primary, throwaway_standby(primary) as standby:
        # In either order: the one that can be written to is taken.
        both = f"host=127.0.0.1,127.0.0.1&port={standby.port},{primary.port}"
        ours = {
            "database_url": f"postgresql://postgres@/postgres?{both}",
            "uhlive_token_url": sandbox.token_url,
            "uhlive_call_url": sandbox.call_url,
            "uhlive_client_id": sandbox.client_id,
            "uhlive_client_secret": sandbox.client_secret,
            "demo": "true",
        }
        with Site(tmp_path / "site", **ours) as site:
            page = f"{site.url}/w/{site.create_widget(language='en')}/"
            site.start(*PROCESSES)
            before = ask_for_a_call(page, "06 12 34 58 01")
            site.wait_for(lambda: status_at(site, before.url) == "called", "the first call")
            form = fetch(page)
            typed = form.fields | {"number": "06 12 34 58 02", "email": "jo@example.fr"}

            # It ends once the standby has all of it, which can be read and not written to.
            primary.stop()
            refused = fetch(form.action, typed | {"consent": "on"})
            assert (refused.status, refused.fields) == (503, typed | {"consent": "on"})
            with psycopg.connect(standby.url, autocommit=True) as other:
                assert other.execute("SELECT pg_promote()").fetchone() == (True,)

            site.wait_for(lambda: fetch(page).status == 200, "the web process")
            after = fetch(refused.action, refused.fields)
            assert "/r/" in after.url, after.text
            site.wait_for(lambda: status_at(site, after.url) == "called", "the second call")
            assert status_at(site, before.url) == "called"
            assert len(sandbox.calls()) == 2
            for name in PROCESSES:
                assert site.stop(name) == 0
            assert "Traceback" not in site.logs()


def status_at(site, address):
    token = address.rstrip("/").rpartition("/")[2]
    return site.query(f"CallRequest.objects.get(token={token!r}).status")
