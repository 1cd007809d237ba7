"""JSON that an operator gives a command, in a file or as an option."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError

from callbacks.core import storable, strict_json


def read(text: str) -> Any:
    """Return what the JSON text says.

    Raises:
        ValidationError: it is not JSON, has a name twice, or has a text that no database stores.
            The sentence says where, such as `widgets[0].name`.
    """
    try:
        content = strict_json.read(text)
    except strict_json.RepeatedName:
        raise ValidationError("A name occurs twice in an object.") from None
    except (ValueError, RecursionError):
        raise ValidationError("This is not JSON.") from None
    for place, found in _texts(content):
        try:
            storable.check(found)
        except ValidationError as error:
            raise ValidationError(f"{place}: {error.messages[0]}" if place else error) from None
    return content


def _texts(content: object) -> Iterator[tuple[str, str]]:
    """Yield each text with its place. A name that is no text to store has the place of its object.

    JSON may be nested more deeply than Python's functions.
    """
    waiting = [("", content)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, str):
            yield place, value
        elif isinstance(value, list):
            waiting += [(f"{place}[{n}]", one) for n, one in enumerate(value)]
        elif isinstance(value, dict):
            yield from ((place, name) for name in value)
            waiting += [(f"{place}.{name}".lstrip("."), one) for name, one in value.items()]
