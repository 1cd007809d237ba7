"""Lock a widget whose fields or topics a member of staff changes, and find one of them."""

from collections.abc import Sequence
from typing import Protocol

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from callbacks.accounts.roles import may_change_widgets
from callbacks.models import Widget
from callbacks.staff.common.current_user import current_user


class HasKey(Protocol):
    """A field or a topic: other systems know it by its key."""

    @property
    def key(self) -> str: ...


def lock(request: HttpRequest, pk: int) -> Widget:
    """Return the widget. Others who change it wait until the transaction ends.

    Raises:
        PermissionDenied: the person may not change widgets.
        Http404: there is no such widget.
    """
    if not may_change_widgets(current_user(request)):
        raise PermissionDenied
    return get_object_or_404(Widget.objects.select_for_update(no_key=True), pk=pk)


def find[T: HasKey](entries: Sequence[T], key: str) -> T:
    """Return the entry with this key, or raise `Http404`."""
    found = next((one for one in entries if one.key == key), None)
    if found is None:
        raise Http404
    return found
