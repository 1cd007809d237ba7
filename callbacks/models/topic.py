"""A topic: what a widget's visitors can ask about, each with a widget of its own."""

import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from callbacks.core import storable
from callbacks.core.one_line import single_line
from callbacks.models.extra_fields import in_language
from callbacks.models.widget import Widget

# The most topics that a widget can have.
MOST = 10
LONGEST_KEY = 40
LONGEST_LABEL = 100

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}\Z")


def check_key(key: object) -> None:
    """Validate what pages and other systems call a topic.

    Raises:
        ValidationError: with a sentence that says what is wrong.
    """
    if not isinstance(key, str) or not _KEY.match(key):
        raise ValidationError(
            _("The name of a topic has small letters, digits, - and _, such as sales.")
        )


def check_labels(labels: object) -> None:
    """Validate the labels of a topic: a text on one line by language, in one language at least.

    Raises:
        ValidationError: with a sentence that says what is wrong.
    """
    known = {code for code, _name in settings.LANGUAGES}
    if not isinstance(labels, dict) or not labels or not labels.keys() <= known:
        raise ValidationError(_("Enter a label in one language at least."))
    for label in labels.values():
        if not isinstance(label, str) or not label.strip() or len(label) > LONGEST_LABEL:
            raise ValidationError(
                _("A label has 1 to %(most)d characters."), params={"most": LONGEST_LABEL}
            )
        single_line(label)
        storable.check(label)


class Topic(models.Model):
    """One topic of `widget`. The widget `target` takes its requests.

    So a topic has a scenario, texts, hours, limits and fields of its own, by the rules of every
    widget. `widgets.topics` writes this table.
    """

    widget = models.ForeignKey(Widget, on_delete=models.CASCADE, related_name="topics")
    key = models.CharField(max_length=LONGEST_KEY, validators=[check_key])
    # By language.
    labels = models.JSONField(validators=[check_labels])
    target = models.ForeignKey(Widget, on_delete=models.CASCADE, related_name="topic_of")
    position = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ("position", "pk")
        constraints = [
            models.UniqueConstraint(fields=["widget", "key"], name="one_topic_per_key"),
            models.UniqueConstraint(fields=["widget", "target"], name="one_topic_per_target"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """Return the label in the active language, or in another one if there is none."""
        return in_language(self.labels)

    def stored(self) -> dict[str, Any]:
        """Return the topic as commands and the file of the widgets hold it."""
        return {"key": self.key, "widget": self.target.public_id, "labels": dict(self.labels)}
