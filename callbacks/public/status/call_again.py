"""Take the click by which a visitor whose phone did not ring is called again."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from callbacks.abuse import ip_rate_limit
from callbacks.intake import call_again, errors
from callbacks.lifecycle import blocking
from callbacks.models import CallRequest
from callbacks.public.embed import frame
from callbacks.public.form import form_errors
from callbacks.public.http import language, responses
from callbacks.public.status import click_offer, pages, sender
from callbacks.widgets import cache as widget_cache


def take(request: HttpRequest, call_request: CallRequest) -> HttpResponse:
    """Redirect to the page of the new request, or say on this page why there is none.

    Call it in the language of the request. A click that has led to a request leads there again,
    even if it would be refused now.
    """
    key = sender.key_of(request, call_request)
    try:
        made = _request_of_click(request, call_request, is_sender=bool(key))
    except click_offer.Changed:
        notice = _("This page has changed since you opened it. Check it, then press the button.")
        return pages.no_longer_possible(request, call_request, notice, key=key)
    except (call_again.NotOffered, errors.Invalid, errors.Closed):
        if blocking.wants_no_more_calls(call_request):
            return responses.see_other(frame.address(request, "status", call_request.token))
        notice = _("We can't call you again this way any more. You can ask for another call.")
        return pages.no_longer_possible(request, call_request, notice, key=key)
    except errors.Refused as refused:
        if isinstance(refused, errors.ShownBeforeRestore):
            widget_cache.forget()  # this process may have cached the mark of an earlier restore
        return pages.refused(request, call_request, form_errors.of(refused), key=key)
    return responses.see_other(frame.address(request, "status", made.token))


def _request_of_click(
    request: HttpRequest, call_request: CallRequest, *, is_sender: bool
) -> CallRequest:
    """Return the request that the click has led to, or leads to now.

    Raises:
        click_offer.Changed: the button does not belong to the page as it is now.
        call_again.NotOffered: it is too late, or the visitor wants no more calls.
        errors.Refused: a limit, the block list or a pause refuses it.
    """
    known = widget_cache.find(call_request.widget.public_id)
    if known is None:
        raise click_offer.Changed
    consent_text = known.texts_in(language.of_request(call_request)).full_consent
    sent = request.POST.get(click_offer.FIELD, "")
    restore_mark = click_offer.opened(sent, call_request, consent_text)
    if made := call_again.following(call_request):
        return made
    with errors.as_too_many():
        ip_rate_limit.count(request, call_request.widget)
    return call_again.call_again(
        call_request,
        consent_text=consent_text,
        restore_mark=restore_mark,
        address=ip_rate_limit.client_address(request),
        is_sender=is_sender,
    )
