"""A widget's form in parts, one of which is shown at a time."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS = "texts"
LABELS: dict[str, Promise] = {
    "general": _("General"),
    "look": _("Look"),
    TEXTS: _("Texts"),
    "limits": _("Limits"),
    "privacy": _("Privacy"),
    "install": _("Installation"),
}


@dataclass
class Tab:
    """`name` stands in the page's address, behind #; `errors`: how many fields are refused."""

    name: str
    label: Promise
    fieldsets: list[Any] = field(default_factory=list)
    formsets: list[Any] = field(default_factory=list)
    errors: int = 0


def of(form: Any, formsets: list[Any]) -> list[Tab]:
    """Return the parts of the page. In: Django's `AdminForm` and `InlineAdminFormSet`s.

    Each fieldset names its part as its CSS class; the texts are a part of their own.
    """
    tabs = {name: Tab(name, label) for name, label in LABELS.items()}
    for fieldset in form:
        tab = tabs[fieldset.classes.split()[0]]
        tab.fieldsets.append(fieldset)
        names = {
            name for line in fieldset.fields for name in ([line] if isinstance(line, str) else line)
        }
        tab.errors += len(names & set(form.form.errors))
    for formset in formsets:
        tabs[TEXTS].formsets.append(formset)
        tabs[TEXTS].errors += sum(len(errors) for errors in formset.formset.errors)
    return [tab for tab in tabs.values() if tab.fieldsets or tab.formsets]
