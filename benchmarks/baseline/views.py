"""Serve the baseline for the form's view.

The bare view inserts the same rows and renders the same template, on the same server with the same
middleware. It asks the database nothing else and checks nothing.
"""

import time
from functools import cache
from itertools import count

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt

from callbacks.intake import form_token
from callbacks.models import CallRequest, ConsentEvent, ConsentProof, LimitHit, Widget
from callbacks.public.form import times_to_choose
from callbacks.public.form.typed import Typed
from callbacks.public.http import stylesheet
from callbacks.scheduling import offer
from callbacks.widgets import languages, texts

SALT, DIGEST = "s" * 32, "d" * 64
# Start from the time in µs, so that the rows of several processes and runs do not collide.
_ordinals = count(time.time_ns() // 1000)


@csrf_exempt
def bare(request: HttpRequest, public_id: str) -> HttpResponse:
    """Render the form on GET; on POST, insert a request, its proof of consent and its hits."""
    context = _context(public_id)
    if request.method == "GET":
        with translation.override("fr"):
            return HttpResponse(render_to_string("public/form.html", context))
    widget = context["widget"]
    now = timezone.now()
    sent = request.POST
    ordinal = next(_ordinals)
    with transaction.atomic():
        asked = CallRequest.objects.create(
            widget=widget,
            nonce=sent["form_token"][:64],
            number=sent["number"],
            email=sent["email"],
            language="fr",
            consent_text=context["texts"].consent,
            consent_at=now,
            created_at=now,
            address=request.META["REMOTE_ADDR"],
            status_at=now,
            due_at=now,
            patience_until=now + widget.patience,
        )
        LimitHit.objects.bulk_create(
            LimitHit(key=f"bare {what}", ordinal=ordinal, at=now)
            for what in ("number", "widget", "account")
        )
        ConsentProof.objects.create(
            call_request=asked,
            event=ConsentEvent.GIVEN,
            at=now,
            salt=SALT,
            number_commitment=DIGEST,
            email_commitment=DIGEST,
            address_commitment=DIGEST,
            digest=DIGEST,
        )
    return HttpResponseRedirect(asked.get_absolute_url(), status=303)


@cache
def _context(public_id: str) -> dict[str, object]:
    """Return the template's context; it is read once."""
    widget = Widget.objects.get(public_id=public_id)
    with translation.override("fr"):
        words = texts.of(widget, "fr")
        times = times_to_choose.of(widget, offer.of(widget))
    address = widget.get_absolute_url()
    return {
        "frame": None,
        "widget": widget,
        "texts": words,
        "typed": Typed(widget, form_token=form_token.new(widget, words.consent)),
        "problem": None,
        "times": times,
        "all_days": f"{address}?lang=fr&days=all",
        "challenge": None,
        "stylesheet": stylesheet.address(widget),
        "languages": [(choice, f"{address}?lang={choice.code}") for choice in languages.choices()],
        "action": f"{address}?lang=fr",
    }
