"""Keep the statements of a call as functions in PostgreSQL, which plans each once in a session.

PostgreSQL takes several times as long to plan such a statement as to execute it, and plans it anew
each time it gets the text (`docs/performance.md`). A session keeps the plans of the functions that
it has called. So this also works behind PgBouncer, which may give each transaction another session:
a function is there in all of them. It does not for prepared statements.

A function contains the text of its statements and nothing else, and its name contains a digest of
the text. So a running site with another version calls other functions, and one that finds no
function sends the text.
"""

from collections.abc import Iterable
from contextlib import suppress

from django.db import ProgrammingError, connection, transaction

from callbacks.core.queries import FUNCTIONS, Query, Together

# A part of a statement: the names of the functions that this user may call, as an array.
NAMES = f"""ARRAY(
    SELECT proname::text FROM pg_proc
    WHERE starts_with(proname, '{FUNCTIONS}')
        AND pg_function_is_visible(oid)
        AND has_function_privilege(oid, 'EXECUTE')
)"""


def create(queries: Iterable[Query | Together]) -> None:
    """Create the functions of these statements that the database lacks.

    After `migrate` to an earlier state, tables or columns are missing. Then so are the functions
    that need them.
    """
    if connection.vendor != "postgresql":
        return
    existing = _existing()
    for query in queries:
        if query.function not in existing:
            with suppress(ProgrammingError), transaction.atomic():
                _create(query)
    connection.functions = _existing()  # type: ignore[attr-defined]  # our backend has it


def _existing() -> frozenset[str]:
    """Return the names of the functions that the database has, of any version."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {NAMES}")
        return frozenset(cursor.fetchone()[0])


def _create(query: Query | Together) -> None:
    """Create the function, with the types that PostgreSQL finds for its statements.

    Raises:
        TypeError: two statements give a parameter, or their columns, other types.
    """
    types: dict[str, str] = {}
    found = [_types(part) for part in query.parts]
    gives = found[0][1]
    for part, (takes, columns_of_part) in zip(query.parts, found, strict=True):
        if columns_of_part != gives:
            raise TypeError(f"The columns of {part.name} have other types.")
        for name, its_type in zip(part.parameters, takes, strict=True):
            if types.setdefault(name, its_type) != its_type:
                raise TypeError(f"The parameter {name} of {part.name} has another type.")
    # A whole number is sent as an integer, which is not taken for a smallint.
    arguments = ", ".join(types[name] for name in query.parameters).replace("smallint", "integer")
    columns = ", ".join(f"column_{number} {name}" for number, name in enumerate(gives, 1))
    body = " ".join(f"RETURN QUERY {part.numbered_by(query.parameters)};" for part in query.parts)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE OR REPLACE FUNCTION {query.function}({arguments})"
            f" RETURNS TABLE ({columns}) LANGUAGE plpgsql"
            " SET plan_cache_mode = force_generic_plan"
            f" AS $$ #variable_conflict use_column\nBEGIN {body} END $$"
        )


def _types(query: Query) -> tuple[list[str], list[str]]:
    """Return the types that a statement takes and gives, by PostgreSQL's names."""
    with connection.cursor() as cursor:
        cursor.execute(f"PREPARE {query.function} AS {query.numbered}")
        found = cursor.connection.pgconn.describe_prepared(query.function.encode())
        cursor.execute(f"DEALLOCATE {query.function}")
        takes = [found.param_type(number) for number in range(found.nparams)]
        gives = [found.ftype(number) for number in range(found.nfields)]
        cursor.execute("SELECT unnest(%s::oid[])::regtype::text", (takes + gives,))
        names = [name for (name,) in cursor]
    return names[: len(takes)], names[len(takes) :]
