"""Forms as a browser reads them: what a page contains, and what it would send."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, cast

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse

from callbacks.models import Widget


@dataclass
class Form:
    """`fields`: what it sends when nothing is changed, so no box that is not ticked.
    `attributes`: those of its elements, by their id."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("action", ""), values.get("method", "get")))
            self._inside = True
        elif self._inside:
            form = self.forms[-1]
            if "id" in values:
                form.attributes[values["id"]] = values
            ticked = values.get("type") != "checkbox" or "checked" in values
            if tag == "input" and "name" in values and ticked:
                form.fields[values["name"]] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


def forms_on(response: HttpResponseBase) -> list[Form]:
    """All forms on a page, in its order."""
    return forms_in(cast(HttpResponse, response).content.decode())


def forms_in(page: str) -> list[Form]:
    """The same, of the page's HTML."""
    reader = _Reader()
    reader.feed(page)
    return reader.forms


def form_of(client: Client, widget: Widget, **headers: Any) -> Form:
    """The form that a visitor gets to see."""
    response = client.get(reverse("public:form", args=[widget.public_id]), **headers)
    assert response.status_code == 200, response.content
    return forms_on(response)[0]


def form_token_for(widget: Widget) -> str:
    """A form token as it stands in a form that was just shown."""
    return form_of(Client(), widget).fields["form_token"]


FILLED = {"number": "06 12 34 56 78", "email": "jo@example.fr", "consent": "on"}


def post_form(client: Client, widget: Widget, **fields: Any) -> Any:
    """What comes back for the form, filled in and sent. `fields` differ from `FILLED`; None leaves
    a field out."""
    form = form_of(client, widget)
    data = {
        name: value for name, value in (form.fields | FILLED | fields).items() if value is not None
    }
    return client.post(form.action, data)
