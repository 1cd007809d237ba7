"""The form of one topic of a widget."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from callbacks.core.one_line import single_line
from callbacks.models import Topic, Widget
from callbacks.models.topic import LONGEST_KEY, LONGEST_LABEL, check_key

CODES = [code for code, _name in settings.LANGUAGES]


class TopicForm(forms.Form):
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
        for code, name in settings.LANGUAGES:
            self.fields[f"label_{code}"] = forms.CharField(
                label=_("Label (%(language)s)") % {"language": name},
                max_length=LONGEST_LABEL,
                required=False,
                validators=[single_line],
                initial=changed.labels.get(code, "") if changed else "",
                widget=UnfoldAdminTextInputWidget(attrs={"lang": code}),
            )
        self.fields["target"] = forms.ModelChoiceField(
            queryset=_possible(widget, known, changed),
            label=_("Widget that takes the requests"),
            help_text=_("Its scenario, texts, hours, limits and fields are those of the topic."),
            initial=changed.target_id if changed else None,
            widget=UnfoldAdminSelectWidget,
        )
        places = len(known) + (changed is None)
        if places > 1:
            self.fields["place"] = forms.TypedChoiceField(
                label=_("Place in the list"),
                choices=[(place, str(place)) for place in range(1, places + 1)],
                coerce=int,
                initial=places if changed is None else self.known.index(changed) + 1,
                required=False,
                widget=UnfoldAdminSelectWidget,
            )
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
        typed = {code: given.get(f"label_{code}", "").strip() for code in CODES}
        labels = {code: text for code, text in typed.items() if text}
        if not labels:
            self.add_error(f"label_{CODES[0]}", _("Enter a label in one language at least."))
            return given
        key = changed.key if changed else given["key"]
        topics = [one.stored() for one in self.known if one != changed]
        if key in {one["key"] for one in topics}:
            self.add_error("key", _("Another topic has this name."))
            return given
        entry = {"key": key, "widget": given["target"].public_id, "labels": labels}
        topics.insert((given.get("place") or len(topics) + 1) - 1, entry)
        self.result = topics
        return given


def _possible(widget: Widget, known: Sequence[Topic], changed: Topic | None) -> Any:
    """Return the widgets that can take the requests: those that have no topics themselves."""
    taken = [one.target_id for one in known if one != changed]
    others = Topic.objects.exclude(widget=widget).values("widget")
    return Widget.objects.exclude(pk__in=taken).exclude(pk__in=others).order_by("name", "pk")
