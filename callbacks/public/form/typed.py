"""What the fields of the form contain when it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.forms import CheckboxInput
from django.utils.datastructures import MultiValueDict

from callbacks.intake import extra_form_fields
from callbacks.intake.request_form import RequestForm
from callbacks.models import Widget
from callbacks.public.form import visit_source
from callbacks.widgets.answers import Value


@dataclass(frozen=True)
class Typed:
    """What the fields of the form contain: nothing at first, later what the visitor typed."""

    widget: Widget
    data: Mapping[str, Any] | None = None
    form_token: str = ""
    # Hidden fields: the page from which the visitor asks. The visitor does not type them.
    asked_from: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, sent: Mapping[str, str], widget: Widget, host: Widget | None = None) -> "Typed":
        """Read the form of `widget`. `host` is the widget whose page shows it, if it is another."""
        return cls(
            widget,
            sent,
            form_token=sent.get("form_token", ""),
            asked_from=visit_source.fields(sent, (host or widget).campaign_names),
        )

    @cached_property
    def form(self) -> RequestForm:
        """The form that is shown. A form that is accepted is never shown, so it is not made."""
        return RequestForm(self.data, widget=self.widget)

    @property
    def number(self) -> str:
        return self._of("number")

    @property
    def email(self) -> str:
        return self._of("email")

    @property
    def when(self) -> str:
        return self._of("when")

    @property
    def answers(self) -> dict[str, Value]:
        """The answers to the widget's additional fields, by their keys."""
        return extra_form_fields.typed(self.data or {})

    @property
    def consent(self) -> bool:
        return bool(
            CheckboxInput().value_from_datadict(self.data or {}, MultiValueDict(), "consent")
        )

    def _of(self, name: str) -> str:
        return str((self.data or {}).get(name) or "")

    def without_consent(self) -> "Typed":
        """Return the same form with the consent box not ticked."""
        kept = {name: value for name, value in (self.data or {}).items() if name != "consent"}
        return replace(self, data=kept)
