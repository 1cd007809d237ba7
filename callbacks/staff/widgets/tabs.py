"""The tabs of a widget's form, one of which is shown at a time."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS = "texts"
# The list of additional fields, each of which has a page of its own.
FIELDS = "fields"
# The list of topics, each of which has a page of its own.
TOPICS = "topics"
LABELS: dict[str, Promise] = {
    "general": _("General"),
    "company": _("Company"),
    "look": _("Look"),
    TEXTS: _("Texts"),
    FIELDS: _("Fields"),
    TOPICS: _("Topics"),
    "hours": _("Opening hours"),
    "limits": _("Limits"),
    "privacy": _("Privacy"),
    "install": _("Installation"),
}


@dataclass
class Tab:
    """One tab.

    `name` is its anchor in the address. `errors` is the number of fields that have an error.
    """

    name: str
    label: Promise
    fieldsets: list[Any] = field(default_factory=list)
    formsets: list[Any] = field(default_factory=list)
    errors: int = 0


def of(form: Any, formsets: list[Any]) -> list[Tab]:
    """Return the tabs that have something to show.

    `form` is Django's `AdminForm`, and `formsets` its `InlineAdminFormSet`s. The CSS class of a
    fieldset names its tab. The texts have a tab of their own.
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
    lists = {FIELDS, TOPICS}
    return [tab for tab in tabs.values() if tab.fieldsets or tab.formsets or tab.name in lists]
