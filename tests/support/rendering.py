"""Tell Django's test client what a page was rendered with, and not each template inside it.

A page of the admin includes hundreds of templates, and the client would keep a copy of each one's
context: 8 % of the time that tests of pages take. `response.context` has what the view gave to the
page, and `response.templates` its own.
"""

from contextvars import ContextVar
from typing import Any

from django.template import Template
from django.test.utils import instrumented_test_render  # type: ignore[attr-defined]

_inside: ContextVar[bool] = ContextVar("inside", default=False)


def tell_about_pages() -> None:
    """Replace what `setup_test_environment` has put into the templates."""
    Template._render = _render  # type: ignore[attr-defined]


def _render(template: Template, context: Any) -> Any:
    if _inside.get():
        return template.nodelist.render(context)
    token = _inside.set(True)
    try:
        return instrumented_test_render(template, context)
    finally:
        _inside.reset(token)
