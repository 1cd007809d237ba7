"""What all our tables in the admin are made from."""

from typing import Any

from django.contrib.admin import ActionLocation
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin


class DeskModelAdmin(ModelAdmin):  # type: ignore[misc]
    """Unfold's, with the signature that Django 6.1 asks for: without it, it warns on each list."""

    def get_action_choices(
        self,
        request: HttpRequest,
        default_choices: Any = None,
        action_location: ActionLocation = ActionLocation.CHANGE_LIST,
    ) -> Any:
        nothing = [("", _("Select action"))]
        return super(ModelAdmin, self).get_action_choices(request, nothing, action_location)
