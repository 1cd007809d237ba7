"""Fill an empty database with a history: `fill.py REQUESTS`.

The requests are spread evenly over the last year and twenty widgets. They have attempts, moves and
proofs and, for the last day, hits of the limits. The SQL runs on both databases: inserting a
million rows one by one would take an hour.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402

from callback_site.transaction_settings import no_statement_timeout  # noqa: E402
from callbacks.core import clock  # noqa: E402
from callbacks.models import (  # noqa: E402
    Attempt,
    CallRequest,
    ConsentProof,
    LimitHit,
    Move,
    Widget,
)
from callbacks.stats import counting, hourly  # noqa: E402
from callbacks.widgets import texts  # noqa: E402

WIDGETS = 20
SPAN_SECONDS = 365 * 24 * 3600
WAITING = 20
# Only the newest requests can be doubtful, so that a history of any size shows the same number.
DOUBTFUL = 10_000
CONSENT = texts.default_consent()
IS_SQLITE = connection.vendor == "sqlite"

# Expressions that differ between the databases. `n` counts the requests from 1.
RANDOM_22 = "lower(hex(randomblob(11)))" if IS_SQLITE else "substr(md5(random()::text), 1, 22)"
RANDOM_16 = "lower(hex(randomblob(8)))" if IS_SQLITE else "substr(md5(random()::text), 1, 16)"
RANDOM_40 = "lower(hex(randomblob(20)))" if IS_SQLITE else "md5(random()::text) || 'abcdefgh'"
NUMBER = "printf('+336%08d', n)" if IS_SQLITE else "'+336' || lpad(n::text, 8, '0')"


def main(size: int) -> None:
    now = clock.now()
    Widget.objects.bulk_create(
        Widget(name=f"Widget {number}", originate="test-scenario", daily_cap=10**6)
        for number in range(WIDGETS)
    )
    first = Widget.objects.order_by("pk").values_list("pk", flat=True)[0]
    User.objects.create_superuser("chief", password="!")
    start, apart = now - timedelta(seconds=SPAN_SECONDS), SPAN_SECONDS / size
    at = _time_after(start, apart)
    number_of_widget = f"{first} + n % {WIDGETS}"
    over = f"n <= {size - WAITING}"
    with _without_indexes(), transaction.atomic(), connection.cursor() as cursor:

        def fill(model: type[models.Model], columns: Mapping[str, Any], where: str) -> None:
            _fill(cursor, model, columns, size, where)

        fill(
            CallRequest,
            {
                "id": "n",
                "widget": number_of_widget,
                "token": RANDOM_22,
                "public_id": RANDOM_16,
                "nonce": RANDOM_40,
                "number": NUMBER,
                "number_hash": RANDOM_40,
                "email": "'visitor' || n || '@example.fr'",
                "email_hash": RANDOM_40,
                "language": "'fr'",
                "consent_text": _quoted(CONSENT),
                "page_url": "'https://www.example.fr/boats/'",
                "campaign": "'{}'",
                "status": f"CASE WHEN n > {size - WAITING} THEN 'queued' WHEN n % 33 = 0"
                f" THEN 'failed' WHEN n % 100 = 7 AND n > {size - DOUBTFUL} THEN 'uncertain'"
                " ELSE 'called' END",
                "reason": f"CASE WHEN n > {size - WAITING} THEN '' WHEN n % 66 = 0 THEN 'refused'"
                f" WHEN n % 33 = 0 THEN 'too_late' WHEN n % 100 = 7 AND n > {size - DOUBTFUL}"
                " THEN 'no_answer' ELSE '' END",
                "queue_position": "n",
                "attempts_made": f"CASE WHEN n > {size - WAITING} THEN 0 ELSE 1 END",
                **dict.fromkeys(("consent_at", "created_at", "status_at", "due_at"), at),
                "patience_until": _time_after(start + timedelta(hours=10), apart),
            },
            "1 = 1",
        )
        fill(
            Attempt,
            {
                "call_request": "n",
                "widget": number_of_widget,
                "number": "1",
                "queue_position": "n",
                "started_at": at,
                "deadline_at": at,
                "ended_at": at,
                "duration_ms": "300 + n % 500",
                "worker": "'worker-1:4711:Worker-3'",
                "service": "'call.uh.live'",
                "outcome": "'accepted'",
                "code": "'accepted'",
                "http_status": "202",
            },
            over,
        )
        for name, source, target in (
            ("claim", "queued", "calling"),
            ("accept", "calling", "called"),
        ):
            fill(
                Move,
                {
                    "call_request": "n",
                    "at": at,
                    "name": f"'{name}'",
                    "from_status": f"'{source}'",
                    "to_status": f"'{target}'",
                    "actor": "'worker'",
                    "attempt_number": "1",
                },
                over,
            )
        fill(
            ConsentProof,
            {
                "call_request": "n",
                "event": "'given'",
                "at": at,
                "salt": "substr(hex(n) || '0123456789abcdef0123456789abcdef', 1, 32)"
                if IS_SQLITE
                else "md5(n::text)",
                "digest": RANDOM_40,
                "chain": RANDOM_40,
                "link": "n",
            },
            "1 = 1",
        )
        last_day = f"n > {size - int(24 * 3600 / apart)}"
        for key in ("'number:' || n", "'account'"):
            fill(LimitHit, {"key": key, "ordinal": "n", "at": at}, last_day)
    # Save the requests that are searched for, so that their hashes are real.
    for wanted in CallRequest.objects.order_by("-pk")[100:110]:
        wanted.save()
    _add_up()
    _tidy_up()


@contextmanager
def _without_indexes() -> Iterator[None]:
    """Drop the indexes and build them again after the block, which is much faster than updates."""
    connection.disable_constraint_checking()
    tables = (CallRequest, Attempt, Move, ConsentProof, LimitHit)
    indexes = [(model, index) for model in tables for index in model._meta.indexes]
    with connection.schema_editor() as editor:
        for model, index in indexes:
            editor.remove_index(model, index)
    yield
    with connection.schema_editor() as editor:
        for model, index in indexes:
            editor.add_index(model, index)


def _add_up() -> None:
    """Fill the hourly figures; in this history, everybody was called at once."""
    hour = "date_trunc('hour', created_at)"
    if IS_SQLITE:
        hour = "strftime('%Y-%m-%d %H:00:00', created_at)"
    counts = dict.fromkeys(hourly.COLUMNS, "0") | {
        name: f"SUM(CASE WHEN status = '{name}' THEN 1 ELSE 0 END)" for name in hourly.STATUSES
    }
    counts |= {"asked": "COUNT(*)", "within_2": counts["called"]}
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO callbacks_hourlyfigures (hour, widget_id, {', '.join(counts)})"
            f" SELECT {hour}, widget_id, {', '.join(counts.values())}"
            " FROM callbacks_callrequest GROUP BY 1, 2"
        )
        sums = ", ".join(f"SUM({name})" for name in counts)
        cursor.execute(
            f"INSERT INTO callbacks_hourlytotal (hour, {', '.join(counts)})"
            f" SELECT hour, {sums} FROM callbacks_hourlyfigures GROUP BY 1"
        )
    counting.rebuild(clock.now())


def _fill(
    cursor: Any, model: type[models.Model], columns: Mapping[str, Any], size: int, where: str
) -> None:
    """Insert rows 1 to `size` with INSERT … SELECT; a column without an expression is default."""
    given = dict(columns)
    names, values = [], []
    for field in model._meta.concrete_fields:
        if field.primary_key and field.name not in given:
            continue
        names.append(f'"{field.column}"')
        values.append(given.pop(field.name, None) or _default(field))
    assert not given, given
    cursor.execute(
        f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers"
        f" WHERE n < {size}) INSERT INTO {model._meta.db_table} ({', '.join(names)})"
        f" SELECT {', '.join(values)} FROM numbers WHERE {where}"
    )
    if not IS_SQLITE:
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{model._meta.db_table}', 'id'),"
            f" (SELECT MAX(id) FROM {model._meta.db_table}))"
        )


def _default(field: Any) -> str:
    value = field.get_db_prep_save(field.get_default(), connection)
    if isinstance(field, models.JSONField):
        value = json.dumps(field.get_default())  # PostgreSQL's driver gives an object
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    return str(value) if isinstance(value, int) else _quoted(str(value))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _time_after(start: datetime, apart: float) -> str:
    """Return SQL for `start` plus `n` times `apart` seconds, in the format of the columns."""
    text = start.strftime("%Y-%m-%d %H:%M:%S")
    if IS_SQLITE:
        return f"strftime('%Y-%m-%d %H:%M:%f', '{text}', (n * {apart}) || ' seconds')"
    return f"'{text}+00'::timestamptz + n * interval '{apart} seconds'"


def _tidy_up() -> None:
    """Update the statistics and remove dead rows, as in a database after a night."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if IS_SQLITE else "VACUUM ANALYZE")


if __name__ == "__main__":
    with no_statement_timeout():
        main(int(sys.argv[1]))
