"""What all our tables in the admin are made from."""

import unicodedata
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.admin import ActionLocation
from django.core.exceptions import ValidationError
from django.db.models import CharField, Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from callbacks.accounts import audit_log
from callbacks.staff.common.chips import StaffChangeList
from callbacks.staff.common.current_user import current_user


def single_line(text: str) -> None:
    """Raise `ValidationError` if there is a line break or another control character in the text."""
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in text):
        raise ValidationError(_("Enter this on one line, without control characters."))


class OneLine:
    """For a `ModelAdmin` or an inline: texts of one line are refused when they are not."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if isinstance(field, forms.CharField) and isinstance(db_field, CharField):
            field.validators = [*field.validators, single_line]
        return field


class StaffModelAdmin(OneLine, ModelAdmin):  # type: ignore[misc]
    """Unfold's, with the active filters above each list."""

    list_before_template = "staff/_chips.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[StaffChangeList]:
        return StaffChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """A range needs two values; Django takes one, and the database then fails at it."""
        is_allowed: bool = super().lookup_allowed(lookup, value, request)
        return is_allowed and not lookup.endswith("__range")

    # With the signature that Django 6.1 asks for: without it, it warns on each list.
    def get_action_choices(
        self,
        request: HttpRequest,
        default_choices: Any = None,
        action_location: ActionLocation = ActionLocation.CHANGE_LIST,
    ) -> Any:
        nothing = [("", _("Select action"))]
        return super(ModelAdmin, self).get_action_choices(request, nothing, action_location)


class OnRecord:
    """For a `ModelAdmin`: what is added, changed and deleted is in the audit trail as well."""

    def state(self, row: Any) -> dict[str, Any]:
        """Return facts about the row as it is now, after a change."""
        return {}

    def construct_change_message(self, request: HttpRequest, form: Any, *args: Any) -> Any:
        # Django's message names the fields in words, in one language.
        request.changed_fields = list(form.changed_data)  # type: ignore[attr-defined]
        return super().construct_change_message(request, form, *args)  # type: ignore[misc]

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        _note(request, "add", obj, self.state(obj))
        return super().log_addition(request, obj, message)  # type: ignore[misc]

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        changed = getattr(request, "changed_fields", [])
        _note(request, "change", obj, {"changed": changed} | self.state(obj))
        return super().log_change(request, obj, message)  # type: ignore[misc]

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Model]) -> Any:
        for row in queryset:
            _note(request, "delete", row, {})
        return super().log_deletions(request, queryset)  # type: ignore[misc]


def _note(request: HttpRequest, verb: str, row: Model, facts: dict[str, Any]) -> None:
    person = current_user(request)
    audit_log.record(person, f"{row._meta.model_name}.{verb}", row, **facts)
