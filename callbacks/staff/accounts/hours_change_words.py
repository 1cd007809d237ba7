"""Changes of a widget's hours in words, in the language of the page."""

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from callbacks.hours import hours_syntax, in_words
from callbacks.models import WhenClosed, Widget
from callbacks.widget_changes.hours_changes import NEW, OLD, RULES


def words(lines: list[str]) -> str:
    """Return what changed, from the lines that `hours_changes.fact` wrote."""
    old: dict[str, list[str]] = {}
    new: dict[str, list[str]] = {}
    for line in lines:
        name, _equals, value = line[1:].partition("=")
        side = {OLD: old, NEW: new}.get(line[:1])
        if side is not None:
            side.setdefault(name, []).append(value)
    parts = []
    for name, values in new.items():
        before = old.get(name, [""])
        if name == "opening_hours":
            parts += _hours(RULES.join(before), RULES.join(values))
        else:
            parts.append(_change(_label(name), _shown(name, before[0]), _shown(name, values[0])))
    return pgettext("between facts", "; ").join(parts)


def _hours(old: str, new: str) -> list[str]:
    """Return the changes of opening hours. Empty text means always open."""
    try:
        if old and new:
            return in_words.changes(hours_syntax.read(old), hours_syntax.read(new))
        before, after = (
            "; ".join(in_words.rules(hours_syntax.read(text))) if text else _("at any time")
            for text in (old, new)
        )
    except ValidationError:  # a rule was too long for the audit log
        return []
    return [_change(_label("opening_hours"), before, after)]


def _change(label: str, before: str, after: str) -> str:
    return _("%(name)s: %(change)s") % {"name": label, "change": f"{before} → {after}"}


def _label(name: str) -> str:
    try:
        return str(getattr(Widget._meta.get_field(name), "verbose_name", name))
    except FieldDoesNotExist:
        return name


def _shown(name: str, value: str) -> str:
    """Return a value as people read it."""
    if name == "when_closed":
        return str(dict(WhenClosed.choices).get(value, value))
    if value in {"True", "False"}:
        return _("yes") if value == "True" else _("no")
    return value or _("none")
