"""Whole SQL statements with names, in a `.sql` file beside the code that executes them.

In such a file, a line `-- name: …` comes before each statement, and comments say what it does. Its
parameters are written `%(name)s`. What the two databases write differently is a placeholder in
braces (`DIALECTS`). To try a statement by hand, replace both by values.

PostgreSQL plans a statement anew each time it gets its text. For the statements of some files,
`callbacks.core.sql_functions` keeps a function in the database; then the function is called
instead.
"""

import hashlib
import re
from functools import cached_property
from pathlib import Path

from django.db import connection

from callbacks.core.statements import Statement, as_literal, is_postgresql

# What each placeholder stands for, by database.
DIALECTS = {
    "postgresql": {
        "advisory_lock": "pg_advisory_xact_lock",
        "clock": "clock_timestamp()",
        "each": "unnest",
        "for_update": "FOR UPDATE",
        "greatest": "GREATEST",
        "numbers": "bigint[]",
        "skip_locked": "FOR UPDATE OF callbacks_callrequest SKIP LOCKED",
    },
    "sqlite": {
        "advisory_lock": "abs",  # it gets NULL, and does nothing
        "clock": "NULL",  # `clock.read` then reads the machine's clock, the only one there is
        "each": "value FROM json_each",
        "for_update": "",  # a transaction that writes locks the whole database
        "greatest": "MAX",
        "numbers": "TEXT",
        "skip_locked": "",
    },
}

# The names of all functions in PostgreSQL begin like this.
FUNCTIONS = "callbacks_sql_"

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_COMMENT = re.compile(r"^ *--.*", re.MULTILINE)
_PARAMETER = re.compile(r"%\((\w+)\)s")


class Query:
    """A statement from a file. Call it with a value for each parameter.

    A value may be a part of a statement, such as `clock.in_sql()`.
    """

    def __init__(self, text: str, name: str = "") -> None:
        self.name = name
        self.text = " ".join(_COMMENT.sub("", text).split())

    def __call__(self, **values: object) -> Statement:
        """Return the statement with these values.

        Raises:
            TypeError: a value is missing, or the statement has no such parameter.
        """
        if values.keys() != self.names:
            raise TypeError(f"Missing or unknown: {sorted(values.keys() ^ self.names)}")
        first, *others = self._pieces[self._form()]
        sql, parameters = [first], list[object]()
        for name, text in zip(others[::2], others[1::2], strict=True):
            value = values[name]
            part = value if isinstance(value, Statement) else as_literal(value)
            sql += part.sql, text
            parameters += part.parameters
        return Statement("".join(sql), tuple(parameters))

    @cached_property
    def names(self) -> frozenset[str]:
        """Return the names of its parameters."""
        return frozenset(self.parameters)

    @cached_property
    def parameters(self) -> list[str]:
        """Return the names of its parameters, each once, in their order."""
        return list(dict.fromkeys(_PARAMETER.findall(self.text)))

    @cached_property
    def numbered(self) -> str:
        """Return the text for PostgreSQL, with `$1` for the first of `parameters`, and so on."""
        text = self.text.format(**DIALECTS["postgresql"])
        return _PARAMETER.sub(lambda found: f"${self.parameters.index(found[1]) + 1}", text)

    @cached_property
    def function(self) -> str:
        """Return the name of its function in PostgreSQL. Another text has another name."""
        digest = hashlib.sha256(self.numbered.encode()).hexdigest()
        return f"{FUNCTIONS}{self.name}_{digest[:16]}"

    def _form(self) -> str:
        """Return in which form the statement is sent: a key of `_pieces`."""
        # Our PostgreSQL backend has asked for them on each new connection.
        if not is_postgresql():
            return "sqlite"
        return "function" if self.function in connection.functions else "postgresql"  # type: ignore[attr-defined]

    @cached_property
    def _pieces(self) -> dict[str, list[str]]:
        """Return the statement in pieces, by form: text, a parameter's name, text, …, text."""
        arguments = ", ".join(f"%({name})s" for name in self.parameters)
        forms = {vendor: self.text.format(**dialect) for vendor, dialect in DIALECTS.items()}
        forms["function"] = f"SELECT * FROM {self.function}({arguments})"
        return {form: _PARAMETER.split(text) for form, text in forms.items()}


def load(module: str, name: str) -> dict[str, Query]:
    """Return the statements in the file `name`, by their names.

    `module` is the `__file__` of the module beside which the file lies.
    """
    _head, *parts = _NAME.split(Path(module).with_name(name).read_text(encoding="utf-8"))
    return {key: Query(text, key) for key, text in zip(parts[::2], parts[1::2], strict=True)}
