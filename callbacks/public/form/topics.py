"""Ask the visitors of a widget with topics what their call is about, before any form is shown.

The topic stands in the address (`?topic=KEY`), so the question needs no JavaScript, and the form
brings it back. A page that presets a topic shows its form at once, without a way to the question.
"""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from callbacks.public.form import pages, visit_source
from callbacks.public.form.form_errors import Problem
from callbacks.public.form.pages import Shown
from callbacks.public.http import database_errors, responses, stylesheet
from callbacks.widgets.topics import OfferedTopic

PARAMETER = "topic"
# Says that the visitor chose the topic on our page.
CHOSEN = "chosen"
GONE = Problem(_("This topic is no longer offered. Choose another one."))
# The consent is not kept: each topic has a text of its own.
_NOT_KEPT = {"consent"}


def asked_for(request: HttpRequest) -> str:
    """Return the key of the topic in the address; "" if there is none."""
    return request.GET.get(PARAMETER, "")


def is_chosen(request: HttpRequest) -> bool:
    """Return whether the visitor chose the topic on our page, and so may choose another one."""
    return CHOSEN in request.GET


def ask(
    request: HttpRequest,
    shown: Shown,
    offered: tuple[OfferedTopic, ...],
    why_not: Problem | None = None,
) -> HttpResponse:
    """Show the question: a link for each topic. `shown` is the form of the widget itself.

    If a form was sent about a topic that is gone, the links are buttons that keep what was typed.
    """
    more = visit_source.at_first(request, shown.widget.campaign_names)
    typed = database_errors.typed(request) if why_not else {}
    context = {
        "widget": shown.widget,
        "stylesheet": stylesheet.address(shown.widget),
        "topic": "",  # what the visitor had chosen before counts no more
        "topics": [(one.label, _address(request, one, more)) for one in offered],
        "languages": pages.languages_of(request, shown),
        "problem": why_not,
        "typed": {name: value for name, value in typed.items() if name not in _NOT_KEPT},
    }
    response = responses.render(request, "public/topics.html", context, code=shown.language)
    return why_not.mark(response) if why_not else response


def _address(request: HttpRequest, topic: OfferedTopic, more: dict[str, str]) -> str:
    """Return the address of the form about this topic: other parameters of the page are kept."""
    query = request.GET.copy()
    for name, value in {**more, PARAMETER: topic.key, CHOSEN: "1"}.items():
        query[name] = value
    return f"{request.path}?{query.urlencode()}"
