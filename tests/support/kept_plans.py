"""The plans that PostgreSQL keeps for the functions of our statements, and what they rest on."""

from django.db import connection, transaction

from callbacks.core.queries import Query


def analyze() -> None:
    """Let the database count the rows of its tables, for its plans.

    The tables that all databases of a server share are left out: the tests beside may be at them.
    """
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        names = ", ".join(map(connection.ops.quote_name, tables))
        cursor.execute(f"ANALYZE {names}" if connection.vendor == "postgresql" else "ANALYZE")


def kept_plan(query: Query) -> list[str]:
    """Return the plan that a function keeps: the one for any values."""
    nulls = f"({', '.join(['NULL'] * len(query.parameters))})" if query.parameters else ""
    with transaction.atomic(), connection.cursor() as cursor:
        # A table of a few rows is read whole though an index is there: this asks for the index.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute(f"PREPARE kept AS {query.numbered}")
        cursor.execute(f"EXPLAIN EXECUTE kept{nulls}")
        plan = [str(row[-1]) for row in cursor.fetchall()]
        cursor.execute("DEALLOCATE kept")
    return plan
