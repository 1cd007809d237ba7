"""The plans that PostgreSQL keeps for the functions of our statements."""

from django.db import connection, transaction

from callbacks.core.queries import Query


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
