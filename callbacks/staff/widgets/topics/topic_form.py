"""The form of one topic of a widget."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from callbacks.models import Topic, Widget
from callbacks.models.topic import LONGEST_KEY, LONGEST_LABEL, check_key
from callbacks.staff.widgets.labelled_form import LabelledForm


class TopicForm(LabelledForm):
    """A topic that is added to those of `widget`, `known`, or `changed`, which is one of them.

    Its name for other systems is chosen once, because the pages that preset it use it.
    """

    def __init__(
        self,
        *args: Any,
        widget: Widget,
        known: Sequence[Topic],
        changed: Topic | None,
        **kwargs: Any,
    ) -> None:
        self.known, self.changed = list(known), changed
        super().__init__(*args, **kwargs)
        self.add_labels(changed.labels if changed else {}, LONGEST_LABEL)
        self.fields["target"] = forms.ModelChoiceField(
            queryset=_possible(widget, known, changed),
            label=_("Widget that takes the requests"),
            help_text=_("Its scenario, texts, hours, limits and fields are those of the topic."),
            initial=changed.target_id if changed else None,
            widget=UnfoldAdminSelectWidget,
        )
        places = len(known) + (changed is None)
        place = places if changed is None else self.known.index(changed) + 1
        self.add_place(_("Place in the list"), place, places)
        if changed is None:
            self.fields["key"] = forms.CharField(
                label=_("Name for pages and other systems"),
                help_text=_(
                    "Small letters, digits, - and _, such as sales. It cannot be changed later."
                ),
                max_length=LONGEST_KEY,
                validators=[check_key],
                widget=UnfoldAdminTextInputWidget(attrs={"autocapitalize": "none"}),
            )

    def clean(self) -> dict[str, Any]:
        """Make the list of topics that follows (`result`), or say what is missing."""
        super().clean()
        if self.errors:
            return self.cleaned_data
        given, changed = self.cleaned_data, self.changed
        if not (labels := self.typed_labels()):
            return given
        key = changed.key if changed else given["key"]
        topics = [one.stored() for one in self.known if one != changed]
        if key in {one["key"] for one in topics}:
            self.add_error("key", _("Another topic has this name."))
            return given
        entry = {"key": key, "widget": given["target"].public_id, "labels": labels}
        self.insert(topics, entry)
        self.result = topics
        return given


def _possible(widget: Widget, known: Sequence[Topic], changed: Topic | None) -> Any:
    """Return the widgets that can take the requests: those that have no topics themselves."""
    taken = [one.target_id for one in known if one != changed]
    others = Topic.objects.exclude(widget=widget).values("widget")
    return Widget.objects.exclude(pk__in=taken).exclude(pk__in=others).order_by("name", "pk")
