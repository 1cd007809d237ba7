"""Whole SQL statements with names, in a `.sql` file beside the code that executes them.

In such a file, a line `-- name: …` comes before each statement, and comments say what it does. Its
parameters are written `%(name)s`. What the two databases write differently is a placeholder in
braces (`DIALECTS`). To try a statement by hand, replace both by values.
"""

import re
from functools import cached_property
from pathlib import Path

from django.db import connection

from callbacks.core.statements import Statement, as_literal

# What each placeholder stands for, by database.
DIALECTS = {
    "postgresql": {
        "clock": "clock_timestamp()",
        "for_update": "FOR UPDATE",
        "greatest": "GREATEST",
        "skip_locked": "FOR UPDATE OF callbacks_callrequest SKIP LOCKED",
    },
    "sqlite": {
        "clock": "NULL",  # `clock.read` then reads the machine's clock, the only one there is
        "for_update": "",  # a transaction that writes locks the whole database
        "greatest": "MAX",
        "skip_locked": "",
    },
}

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_COMMENT = re.compile(r"^ *--.*", re.MULTILINE)
_PARAMETER = re.compile(r"%\((\w+)\)s")


class Query:
    """A statement from a file. Call it with a value for each parameter.

    A value may be a part of a statement, such as `clock.in_sql()`.
    """

    def __init__(self, text: str) -> None:
        self.text = " ".join(_COMMENT.sub("", text).split())

    def __call__(self, **values: object) -> Statement:
        """Return the statement with these values.

        Raises:
            TypeError: a value is missing, or the statement has no such parameter.
        """
        if values.keys() != self.names:
            raise TypeError(f"Missing or unknown: {sorted(values.keys() ^ self.names)}")
        first, *others = self._pieces[connection.vendor]
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
        return frozenset(_PARAMETER.findall(self.text))

    @cached_property
    def _pieces(self) -> dict[str, list[str]]:
        """Return the statement in pieces, by database: text, a parameter's name, text, …, text."""
        return {
            vendor: _PARAMETER.split(self.text.format(**dialect))
            for vendor, dialect in DIALECTS.items()
        }


def load(module: str, name: str) -> dict[str, Query]:
    """Return the statements in the file `name`, by their names.

    `module` is the `__file__` of the module beside which the file lies.
    """
    _head, *parts = _NAME.split(Path(module).with_name(name).read_text(encoding="utf-8"))
    return {key: Query(text) for key, text in zip(parts[::2], parts[1::2], strict=True)}
