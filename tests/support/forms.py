"""Read forms as a browser does: what a page contains, and what it would send."""

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
    """A form; `fields` is what it sends if nothing is changed, so boxes that are not ticked miss.

    `attributes` has the attributes of its elements, by their id. `choices` has the values and
    labels of each list to choose from, by its name.
    """

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)
    choices: dict[str, dict[str, str]] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._inside = False
        self._select = ""
        self._option: str | None = None

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
            if tag == "select":
                self._select = values["name"]
                form.choices[self._select] = {}
            if tag == "option":
                self._option = values.get("value", "")
                choices = form.choices[self._select]
                if not choices or "selected" in values:  # a browser selects the first
                    form.fields[self._select] = self._option
                choices[self._option] = ""

    def handle_data(self, data: str) -> None:
        if self._option is not None:
            self.forms[-1].choices[self._select][self._option] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        if tag == "option":
            self._option = None


def forms_on(response: HttpResponseBase) -> list[Form]:
    """Return all forms on a page, in order."""
    return forms_in(cast(HttpResponse, response).content.decode())


def forms_in(page: str) -> list[Form]:
    """Return all forms in the page's HTML, in order."""
    reader = _Reader()
    reader.feed(page)
    return reader.forms


def form_of(client: Client, widget: Widget, **headers: Any) -> Form:
    """Return the form that a visitor sees."""
    response = client.get(reverse("public:form", args=[widget.public_id]), **headers)
    assert response.status_code == 200, response.content
    return forms_on(response)[0]


def form_token_for(widget: Widget) -> str:
    """Return the form token of a form that is shown now."""
    return form_of(Client(), widget).fields["form_token"]


FILLED = {"number": "06 12 34 56 78", "email": "jo@example.fr", "consent": "on"}


def post_form(client: Client, widget: Widget, **fields: Any) -> Any:
    """Fill in the form, send it, and return the response.

    `fields` override `FILLED`; a value of None leaves the field out.
    """
    form = form_of(client, widget)
    data = {
        name: value for name, value in (form.fields | FILLED | fields).items() if value is not None
    }
    return client.post(form.action, data)
