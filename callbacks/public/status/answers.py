"""Answer a visitor who changed a request that waits."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from callbacks.models import CallRequest, Reason, Status
from callbacks.public.embed import frame
from callbacks.public.http import language, responses
from callbacks.public.status import pages


def move_and_answer(
    request: HttpRequest, call_request: CallRequest, move: Callable[[], bool], *, key: str = ""
) -> HttpResponse:
    """Make the move and redirect to the status page, or say that it is too late.

    With a key, the answer is the status page itself, because a key stands in no address. If the row
    changed but still waits, the move is tried once more.
    """
    done = call_request.status == Status.QUEUED and move()
    if not done:
        call_request.refresh_from_db()
        done = call_request.status == Status.QUEUED and move()
    if done or call_request.reason == Reason.BY_VISITOR:  # clicking "cancel" twice is no error
        if key:
            return pages.status_page(request, call_request, key=key)
        return responses.see_other(frame.address(request, "status", call_request.token))
    with translation.override(language.of_request(call_request)):
        notice = _("It's too late to change this request. Here is what happened to it:")
    return pages.no_longer_possible(request, call_request, notice)
