"""Take a form that came back: check that a person sent it, and hand it to `intake`.

The form's page and the API for browsers share it, so that both check the same.
"""

from collections.abc import Mapping

from django.http import HttpRequest

from callbacks.abuse import ip_rate_limit
from callbacks.core import clock
from callbacks.intake import accept, errors, form_token, submission
from callbacks.intake import taken_before as intake_taken_before
from callbacks.models import CallRequest, Widget
from callbacks.public.form import bot_checks, identity, visit_source
from callbacks.public.form.pages import Shown
from callbacks.public.form.typed import Typed
from callbacks.widgets import cache as widget_cache

# Why a form is not taken.
REFUSALS = (identity.Refused, form_token.InvalidToken, errors.Refused)


def take(request: HttpRequest, shown: Shown, typed: Typed, sent: Mapping[str, str]) -> CallRequest:
    """Return the request that the form leads to. `sent` holds its fields, and `typed` reads them.

    A form that was accepted before leads to its request, even if it would be refused now. Showing
    it again with a new token would allow a second call.

    Raises:
        identity.Refused: the signature of the site is wrong or has expired.
        form_token.InvalidToken: the form token cannot be used.
        errors.Refused: a bot check, a limit or `intake` refuses the form.
    """
    try:
        return _accept(request, shown, typed, sent)
    except REFUSALS as refused:
        try:
            earlier = taken_before(shown.widget, typed)
        except errors.AlreadyUsed as used:
            raise (used if isinstance(refused, form_token.InvalidToken) else refused) from None
        if earlier is None:
            raise
        return earlier


def taken_before(widget: Widget, typed: Typed) -> CallRequest | None:
    """Return the request that this form already led to, or None (see `intake.taken_before`)."""
    nonce = form_token.nonce_of(typed.form_token, widget)
    return intake_taken_before.taken_before(
        widget, nonce, typed.number, typed.email, typed.when, typed.answers
    )


def taken_before_for_a_topic(typed: Typed) -> CallRequest | None:
    """Return the request that a form already led to, if its topic is no longer offered, or None.

    The token names the widget that took it.
    """
    known = widget_cache.find(form_token.public_id_of(typed.form_token))
    return taken_before(known.widget, typed) if known else None


def _accept(
    request: HttpRequest, shown: Shown, typed: Typed, sent: Mapping[str, str]
) -> CallRequest:
    """Check the form and accept it. It raises what `take` raises."""
    claim = identity.Claim.read(sent)
    with errors.as_too_many():
        ip_rate_limit.count(request, shown.widget)
    bot_checks.check_trap(request, shown.widget, sent)
    if claim:
        identity.check(claim, shown.host, clock.now())
    opened = form_token.opened(typed.form_token, shown.widget, shown.texts.full_consent)
    bot_checks.check_proof(request, shown.widget, sent, typed.form_token)
    accepted = accept.accept(
        submission.Submission(
            widget=shown.widget,
            topic=shown.chosen_topic,
            nonce=opened.nonce,
            number=typed.number,
            email=typed.email,
            language=shown.language,
            when=typed.when,
            answers=typed.answers,
            consent=typed.consent,
            consent_text=shown.texts.full_consent,
            address=ip_rate_limit.client_address(request),
            source=visit_source.read(sent, shown.host.campaign_names),
            is_verified=claim is not None,
            fill_time=opened.age,
            restore_mark=opened.restore_mark,
        )
    )
    return accepted.call_request
