"""Tell a monitor whether this process is alive, and whether it can serve.

`/readyz` answers 503 only if this process cannot accept a request: then a load balancer should send
visitors elsewhere. Everything else is a line in the body. A call service that is down must not take
the form away, because requests wait for it in the queue.
"""

from datetime import datetime
from typing import NamedTuple

from django.core.cache import cache
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from callbacks.core import availability, clock
from callbacks.core.process_memory import ShortCache
from callbacks.models import AlertKind, Attempt, CallControl, CircuitState, Outcome, PeriodicJob
from callbacks.worker import heartbeat, housekeeping_job

# Anybody may ask, so that most answers come from memory. In seconds.
KEPT_SECONDS = 3.0


class Line(NamedTuple):
    """One thing that was checked. `stops`: without it, no request can be accepted."""

    name: str
    words: str
    is_good: bool = True
    stops: bool = False

    def __str__(self) -> str:
        return f"{self.name}: {self.words}"


_WHY_NOT = {
    AlertKind.CREDENTIALS.value: "the call service refuses the client ID and secret",
    AlertKind.NO_TOKEN.value: "the call service's sign-in is unavailable",
    AlertKind.OUTAGE.value: "calls are paused, because the call service is failing",
}
_kept: ShortCache[str, list[Line]] = ShortCache(KEPT_SECONDS, most=1)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Return status 200 while the process answers. Nothing else is checked."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Return status 200 if requests can be accepted, otherwise 503.

    The first line of the body is the result. Each thing that was checked has a line of its own.
    The database is asked each time; what it says is kept for `KEPT_SECONDS`.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        lines = _kept.get("lines", _lines) or []
    except Error as error:
        availability.database.failed(error)
        lines = [Line("database", "unavailable", is_good=False, stops=True)]
    stopping = [f"{line.name} {line.words}" for line in lines if line.stops and not line.is_good]
    wrong = [line.name for line in lines if not line.is_good]
    if stopping:
        result = ", ".join(stopping)
    else:
        result = f"ok, but look at: {', '.join(wrong)}" if wrong else "ok"
    body = "".join(f"{line}\n" for line in [result, *lines])
    return HttpResponse(body, status=503 if stopping else 200, content_type="text/plain")


def problems() -> list[str]:
    """Return the names of what is not well, of what runs beside the web process.

    Raises:
        Error: the database is away.
    """
    now = clock.now()
    lines = [_cache(), _worker(now), _housekeeping(now), _token(now)]
    return [line.name for line in lines if not line.is_good]


def _lines() -> list[Line]:
    """Return what was found. Raise `Error` if the database is unavailable."""
    database = Line("database", "ok", stops=True)
    if are_migrations_missing():
        # The other tables may be missing, too.
        missing = Line("migrations", "missing", is_good=False, stops=True)
        return [database, _cache(), missing]
    now = clock.now()
    migrations = Line("migrations", "ok", stops=True)
    return [database, _cache(), migrations, _worker(now), _housekeeping(now), _token(now)]


def are_migrations_missing() -> bool:
    """Return whether the database lacks migrations of this version."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def does_cache_answer() -> bool:
    """Return whether the cache answers."""
    try:
        cache.get("readyz")
    except Exception:  # each kind of cache has errors of its own
        return False
    return True


def _cache() -> Line:
    """Check that the cache answers. Without it, the limit for each IP address does not apply."""
    if does_cache_answer():
        return Line("cache", "ok")
    return Line("cache", "unavailable", is_good=False)


def _worker(now: datetime) -> Line:
    """Check that a worker process was seen lately."""
    seen = heartbeat.alive(now).aggregate(at=Max("seen_at"))["at"]
    if seen is None:
        return Line("worker", "none is running", is_good=False)
    return Line("worker", f"seen {_ago(seen, now)}")


def _housekeeping(now: datetime) -> Line:
    """Check that a process does the housekeeping."""
    held = clock.ahead("until", now, housekeeping_job.LOCKED_FOR)
    until = PeriodicJob.objects.filter(held, name=housekeeping_job.NAME).values_list("until")
    if (row := until.first()) is None:
        return Line("housekeeping", "not running", is_good=False)
    return Line("housekeeping", f"seen {_ago(row[0] - housekeeping_job.LOCKED_FOR, now)}")


def _token(now: datetime) -> Line:
    """Check that the call service signs us in.

    Workers fetch a token only when there is a call to place, so before the first one nothing is
    known.
    """
    paused = CallControl.objects.exclude(circuit=CircuitState.CLOSED).values_list("opened_reason")
    if row := paused.first():
        return Line("token", _WHY_NOT.get(row[0], "calls are paused"), is_good=False)
    # Once bytes of a call were sent, there was a token. The newest attempts come from an index.
    newest = Attempt.objects.order_by("-started_at").values_list("outcome", "started_at")[:50]
    for outcome, started_at in newest:
        if outcome in {Outcome.ACCEPTED, Outcome.TRY_LATER, Outcome.REFUSED, Outcome.UNKNOWN}:
            return Line("token", f"had {_ago(started_at, now)}")
    return Line("token", "none needed yet")


def _ago(moment: datetime, now: datetime) -> str:
    """Return how long ago `moment` was, in seconds up to two minutes, then in minutes or hours."""
    seconds = max(int((now - moment).total_seconds()), 0)
    if seconds < 120:
        return f"{seconds} s ago"
    return f"{seconds // 60} min ago" if seconds < 7200 else f"{seconds // 3600} h ago"
