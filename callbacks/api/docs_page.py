"""The OpenAPI document as a page: plain HTML, without a script and from our own server alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from callbacks.public.http import language, responses

type Json = Mapping[str, Any]

LIMITS = {
    "maxLength": "%s characters at most",
    "minimum": "%s or more",
    "maximum": "%s or less",
    "pattern": "matches %s",
    "default": "%s by default",
}
# Every operation may answer them. They stand once, above all operations.
PROBLEM = "ProblemOut"


@dataclass(frozen=True)
class Piece:
    """A part of the name of a type. `schema` is the schema that it names, or ""."""

    text: str
    schema: str = ""


@dataclass(frozen=True)
class Row:
    """A parameter, or a field of a schema. `place` is where a parameter stands."""

    name: str
    type: list[Piece]
    limits: str
    is_required: bool
    place: str = ""


@dataclass(frozen=True)
class Answer:
    """What an operation may answer. `schema` is what its body holds, or "" for none."""

    status: str
    title: str
    schema: str


@dataclass(frozen=True)
class Operation:
    """One operation, as the page shows it. `body` is the schema of its body, or ""."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[Row]
    body: str
    answers: list[Answer]
    problems: list[Answer]


@dataclass(frozen=True)
class SchemaShown:
    """A schema: an object with its fields, or a word out of `choices`."""

    name: str
    description: str
    fields: list[Row]
    choices: list[str]


def page(request: HttpRequest, document: Json) -> HttpResponse:
    """Return the page that shows this OpenAPI document."""
    context = {
        "address": settings.PUBLIC_URL,
        "groups": groups(document),
        "schemas": schemas(document),
    }
    return responses.render(request, "api/docs.html", context, code=language.of_visitor(request))


def groups(document: Json) -> dict[str, list[Operation]]:
    """Return the operations by their group, in the order of the document."""
    found: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, details in methods.items():
            found.setdefault(details["tags"][0], []).append(_operation(path, method, details))
    return found


def schemas(document: Json) -> list[SchemaShown]:
    """Return the schemas that bodies and answers have, by name."""
    return [
        SchemaShown(
            name=name,
            description=details.get("description", ""),
            fields=[
                Row(
                    name=field,
                    type=list(_type(of_field)),
                    limits=_limits(of_field),
                    is_required=field in details.get("required", ()),
                )
                for field, of_field in details.get("properties", {}).items()
            ],
            choices=list(map(str, details.get("enum", ()))),
        )
        for name, details in sorted(document["components"]["schemas"].items())
        # The filters stand as parameters.
        if not name.endswith("Filters")
    ]


def _operation(path: str, method: str, details: Json) -> Operation:
    answers = [
        Answer(status, answer["description"], _schema_of(answer))
        for status, answer in details["responses"].items()
    ]
    return Operation(
        anchor=details["operationId"],
        method=method.upper(),
        path=path,
        summary=details["summary"],
        description=details.get("description", ""),
        parameters=[
            Row(
                name=one["name"],
                type=list(_type(one["schema"])),
                limits=_limits(one["schema"]),
                is_required=one.get("required", False),
                place=one["in"],
            )
            for one in details.get("parameters", ())
        ],
        body=_schema_of(details.get("requestBody", {})),
        answers=[answer for answer in answers if answer.schema != PROBLEM],
        problems=[answer for answer in answers if answer.schema == PROBLEM],
    )


def _schema_of(holder: Json) -> str:
    """Return the name of the schema of a body, or "" if there is none."""
    for content in holder.get("content", {}).values():
        return _name(content["schema"])
    return ""


def _name(schema: Json) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _type(schema: Json) -> Iterator[Piece]:
    """Yield the name of a type in pieces: `list of`, `RequestOut`."""
    if name := _name(schema):
        yield Piece(name, name)
    elif either := schema.get("anyOf") or schema.get("allOf"):
        for index, one in enumerate(either):
            if index:
                yield Piece(" or ")
            yield from _type(one)
    elif schema.get("type") == "array":
        yield Piece("list of ")
        yield from _type(schema.get("items", {}))
    else:
        yield Piece(str(schema.get("format") or schema.get("type") or "anything"))


def _limits(schema: Json) -> str:
    """Return the limits of a value in words."""
    found = [
        words % limited[name]
        for limited in (schema, *schema.get("anyOf", ()))
        for name, words in LIMITS.items()
        if limited.get(name) not in (None, "", False)
    ]
    return ", ".join(found)
