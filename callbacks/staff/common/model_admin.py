"""The base classes of all tables in the admin."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.admin import ActionLocation
from django.contrib.admin.utils import unquote
from django.db.models import CharField, JSONField, Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from callbacks.accounts import audit_log
from callbacks.core.one_line import single_line
from callbacks.staff.common.chips import StaffChangeList
from callbacks.staff.common.current_user import current_user


class OneLine:
    """A `ModelAdmin` or an inline that refuses line breaks in the fields of one line."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return Django's form field, with the check for line breaks added."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if isinstance(field, forms.CharField) and isinstance(db_field, CharField):
            field.validators = [*field.validators, single_line]
        return field


class StaffModelAdmin(OneLine, ModelAdmin):  # type: ignore[misc]
    """Unfold's `ModelAdmin`, with the filters that are set shown above each list."""

    list_before_template = "staff/_chips.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[StaffChangeList]:
        """Return the list that names its filters."""
        return StaffChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Return whether the address may filter by this lookup. Refuse ranges and JSON columns.

        Django accepts a range with a single value, at which the query fails. Not every database
        has every lookup of a JSON column.
        """
        is_allowed: bool = super().lookup_allowed(lookup, value, request)
        name = lookup.partition("__")[0]
        is_json = any(
            isinstance(field, JSONField) and field.name == name
            for field in self.model._meta.concrete_fields
        )
        return is_allowed and not is_json and not lookup.endswith("__range")

    def row(self, request: HttpRequest, object_id: str) -> Any:
        """Return the row that an address means, or None, as Django's own views find it."""
        return self.get_object(request, unquote(object_id))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return nothing: no link fills in a form, and not every field takes any text."""
        return {}

    # Unfold's signature is older than Django 6.1, which warns about it on each list.
    def get_action_choices(
        self,
        request: HttpRequest,
        default_choices: Any = None,
        action_location: ActionLocation = ActionLocation.CHANGE_LIST,
    ) -> Any:
        """Return the actions of the list, headed by our own words."""
        nothing = [("", _("Select action"))]
        return super(ModelAdmin, self).get_action_choices(request, nothing, action_location)


class AuditedAdmin:
    """A `ModelAdmin` whose additions, changes and deletions are in the audit log."""

    def state(self, row: Any) -> dict[str, Any]:
        """Return facts about the row after a change, for the audit log."""
        return {}

    def construct_change_message(self, request: HttpRequest, form: Any, *args: Any) -> Any:
        """Keep the names of the changed fields for the audit log."""
        # Django's own message names the fields in words of one language, so it cannot be used.
        request.changed_fields = list(form.changed_data)  # type: ignore[attr-defined]
        return super().construct_change_message(request, form, *args)  # type: ignore[misc]

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Record that a row was added."""
        _note(request, "add", obj, self.state(obj))
        return super().log_addition(request, obj, message)  # type: ignore[misc]

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Record which fields of a row were changed."""
        changed = getattr(request, "changed_fields", [])
        _note(request, "change", obj, {"changed": changed} | self.state(obj))
        return super().log_change(request, obj, message)  # type: ignore[misc]

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Model]) -> Any:
        """Record that rows were deleted."""
        for row in queryset:
            _note(request, "delete", row, {})
        return super().log_deletions(request, queryset)  # type: ignore[misc]


def _note(request: HttpRequest, verb: str, row: Model, facts: dict[str, Any]) -> None:
    """Write one entry of the audit log about `row`."""
    person = current_user(request)
    audit_log.record(person, f"{row._meta.model_name}.{verb}", row, **facts)
