"""The views of the block list beside its table: the search, and an entry in clear."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from callbacks.abuse import block_list
from callbacks.accounts import audit_log
from callbacks.accounts.roles import Person, may_unmask
from callbacks.models import Block
from callbacks.staff.common import look_ups, unmasking

# The most entries that a search finds: their ids are in the address.
MOST_FOUND = 50
# The most characters of a search: longer than any email or number.
MAX_LENGTH = 300


def may_see(person: Person) -> bool:
    """Return whether the account may see the block list."""
    return any(person.has_perm(f"callbacks.{verb}_block") for verb in ("view", "add", "delete"))


def typed(request: HttpRequest) -> str:
    """Return what was typed into the search box, cut to its length."""
    return request.POST.get("q", "")[:MAX_LENGTH].replace("\0", "").strip()


def look_up(request: HttpRequest) -> HttpResponse | None:
    """Redirect to the list with the ids of the entries found, in place of the text.

    The filters in the address stay, but not the page. Return None if nothing was found.
    """
    query = request.GET.copy()
    for name in ("q", "p", "e"):
        query.pop(name, None)
    text = typed(request)
    if text:
        try:
            look_ups.count(request.user)
        except look_ups.TooManyLookUps as refused:
            messages.warning(request, refused.sentence)
            text = ""
    if text:
        found = list(block_list.about(text).values_list("pk", flat=True)[:MOST_FOUND])
        if not found:
            return None
        query["q"] = "-".join(map(str, found))
    return HttpResponseRedirect(f"{request.path}?{query.urlencode()}" if query else request.path)


def ids_in(reference: str) -> list[str]:
    """Return the ids that `look_up` put into the address."""
    return [key for key in reference.split("-")[:MOST_FOUND] if _is_id(key)]


@require_POST
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one entry in clear, and record it in the audit log."""
    if not may_see(request.user) or not may_unmask(request.user):
        raise PermissionDenied
    unmasking.lift(request, get_object_or_404(Block, pk=pk), audit_log.UNMASK_BLOCK)
    return HttpResponseRedirect(reverse("admin:callbacks_block_change", args=[pk]))


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
