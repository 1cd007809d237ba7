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
from collections.abc import Mapping, Sequence
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
        return _filled(self._pieces[self._form()], values)

    @property
    def parts(self) -> Sequence["Query"]:
        """Return the statements that its function executes."""
        return (self,)

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
        return self.numbered_by(self.parameters)

    def numbered_by(self, parameters: Sequence[str]) -> str:
        """Return the text for PostgreSQL, with `$1` for the first of these parameters."""
        text = self.text.format(**DIALECTS["postgresql"])
        return _PARAMETER.sub(lambda found: f"${parameters.index(found[1]) + 1}", text)

    @cached_property
    def function(self) -> str:
        """Return the name of its function in PostgreSQL. Another text has another name."""
        return _function(self.name, self.numbered)

    def _form(self) -> str:
        """Return in which form the statement is sent: a key of `_pieces`."""
        if not is_postgresql():
            return "sqlite"
        return "function" if _is_there(self.function) else "postgresql"

    @cached_property
    def _pieces(self) -> dict[str, list[str]]:
        """Return the statement in pieces, by form: text, a parameter's name, text, …, text."""
        forms = {vendor: self.text.format(**dialect) for vendor, dialect in DIALECTS.items()}
        pieces = {form: _PARAMETER.split(text) for form, text in forms.items()}
        return pieces | {"function": _call(self.function, self.parameters)}


class Together:
    """Statements that are executed one after the other: in PostgreSQL by one function.

    Each sees what those before it wrote. They return the same columns. The function returns the
    rows of all of them, in their order. A parameter of the same name has the same value in each.
    """

    def __init__(self, name: str, *parts: Query) -> None:
        self.name, self.parts = name, parts

    def __call__(self, **values: object) -> list[Statement]:
        """Return the call of the function; without it, each statement.

        Raises:
            TypeError: a value is missing, or no statement has such a parameter.
        """
        if unknown := values.keys() ^ set(self.parameters):
            raise TypeError(f"Missing or unknown: {sorted(unknown)}")
        if is_postgresql() and _is_there(self.function):
            return [_filled(self._pieces, values)]
        return [part(**{name: values[name] for name in part.names}) for part in self.parts]

    @cached_property
    def parameters(self) -> list[str]:
        """Return the names of all parameters, each once."""
        return list(dict.fromkeys(name for part in self.parts for name in part.parameters))

    @cached_property
    def function(self) -> str:
        """Return the name of the function in PostgreSQL. Other texts have another name."""
        return _function(
            self.name, "; ".join(part.numbered_by(self.parameters) for part in self.parts)
        )

    @cached_property
    def _pieces(self) -> list[str]:
        return _call(self.function, self.parameters)


def _function(name: str, numbered: str) -> str:
    """Return the name of the function of such a text."""
    return f"{FUNCTIONS}{name}_{hashlib.sha256(numbered.encode()).hexdigest()[:16]}"


def _is_there(function: str) -> bool:
    """Return whether this connection may call the function."""
    # Our PostgreSQL backend has asked for them on each new connection.
    return function in connection.functions  # type: ignore[attr-defined]


def _call(function: str, parameters: Sequence[str]) -> list[str]:
    """Return the call of a function, in pieces as in `Query._pieces`."""
    arguments = ", ".join(f"%({name})s" for name in parameters)
    return _PARAMETER.split(f"SELECT * FROM {function}({arguments})")


def _filled(pieces: Sequence[str], values: Mapping[str, object]) -> Statement:
    """Return the statement of these pieces, with a value for each parameter."""
    first, *others = pieces
    sql, parameters = [first], list[object]()
    for name, text in zip(others[::2], others[1::2], strict=True):
        value = values[name]
        part = value if isinstance(value, Statement) else as_literal(value)
        sql += part.sql, text
        parameters += part.parameters
    return Statement("".join(sql), tuple(parameters))


def load(module: str, name: str) -> dict[str, Query]:
    """Return the statements in the file `name`, by their names.

    `module` is the `__file__` of the module beside which the file lies.
    """
    _head, *parts = _NAME.split(Path(module).with_name(name).read_text(encoding="utf-8"))
    return {key: Query(text, key) for key, text in zip(parts[::2], parts[1::2], strict=True)}
