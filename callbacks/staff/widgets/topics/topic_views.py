"""The pages that add, change and remove a topic of a widget."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from callbacks.accounts import audit_log
from callbacks.models import Topic, Widget
from callbacks.staff.common.current_user import current_user
from callbacks.staff.widgets import locked_widget
from callbacks.staff.widgets.tool_page import ask_or_do, tool_page, widget_address
from callbacks.staff.widgets.topics.topic_form import TopicForm
from callbacks.widgets import topics

TAB = "topics"


@ask_or_do
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a topic."""
    return _form(request, pk, None)


@ask_or_do
def change(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """Change the labels and the place of a topic, and the widget that takes its requests."""
    return _form(request, pk, key)


@ask_or_do
def remove(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """Stop offering a topic, after a confirmation. Its widget and its requests stay."""
    with transaction.atomic():
        widget, known = _lock(request, pk)
        topic = locked_widget.find(known, key)
        if request.method == "POST":
            _save(request, widget, [one.stored() for one in known if one != topic])
            sentence = _("The topic “%(topic)s” is no longer offered.")
            messages.success(request, sentence % {"topic": topic.label})
            return HttpResponseRedirect(_list(widget))
    text = _(
        "Visitors can no longer choose “%(topic)s”. The widget that takes its requests stays as it "
        "is."
    ) % {"topic": topic.label}
    return tool_page(
        request, widget, tab=TAB, title=_("Remove a topic"), text=text, button=_("Remove it")
    )


def _form(request: HttpRequest, pk: int, key: str | None) -> HttpResponse:
    with transaction.atomic():
        widget, known = _lock(request, pk)
        topic = locked_widget.find(known, key) if key else None
        form = TopicForm(request.POST or None, widget=widget, known=known, changed=topic)
        if request.method == "POST" and form.is_valid():
            try:
                _save(request, widget, form.result)
            except ValidationError as error:
                form.add_error(None, error)
                for sentence in error.messages:
                    messages.error(request, sentence)
            else:
                messages.success(request, _("The topics are saved."))
                return HttpResponseRedirect(_list(widget))
    if topic is None:
        title = _("Add a topic")
        text = _(
            "Visitors choose a topic before they see the form. Another widget takes its requests: "
            "create it first, for example by duplicating this one."
        )
    else:
        title, text = _("Change a topic"), f"{topic.label} · {topic.key}"
    return tool_page(request, widget, tab=TAB, title=title, text=text, button=_("Save"), form=form)


def _lock(request: HttpRequest, pk: int) -> tuple[Widget, list[Topic]]:
    """Lock the widget; return it and its topics."""
    widget = locked_widget.lock(request, pk)
    return widget, list(widget.topics.select_related("target"))


def _save(request: HttpRequest, widget: Widget, wanted: object) -> None:
    """Store the topics, and record the change in the audit log.

    Raises:
        ValidationError: the topics break a rule.
    """
    if topics.replace(widget, wanted):
        audit_log.record(current_user(request), "widget.change", widget, changed=["topics"])


def _list(widget: Widget) -> str:
    """Return the address of the list of topics."""
    return widget_address(widget, TAB)
