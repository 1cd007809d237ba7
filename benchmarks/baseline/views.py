"""What the form's view is held against: the same rows inserted, the same template rendered, on the
same server, with the same middleware, and nothing asked or checked on the way."""

from functools import cache

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt

from callbacks.models import CallRequest, LimitHit, Widget
from callbacks.public import form, form_token, language, stylesheet, texts


@csrf_exempt
def bare(request: HttpRequest, public_id: str) -> HttpResponse:
    """GET renders the form, POST inserts a request and its two hits."""
    context = _context(public_id)
    if request.method == "GET":
        with translation.override("fr"):
            return HttpResponse(render_to_string("public/form.html", context))
    widget = context["widget"]
    now = timezone.now()
    sent = request.POST
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
            status_at=now,
            due_at=now,
            patience_until=now + widget.patience,
        )
        LimitHit.objects.bulk_create(
            [
                LimitHit(key=f"number:{sent['number']}", at=now),
                LimitHit(key=f"widget:{widget.pk}", at=now),
            ]
        )
    return HttpResponseRedirect(asked.get_absolute_url(), status=303)


@cache
def _context(public_id: str) -> dict[str, object]:
    """What the template shows, read once."""
    widget = Widget.objects.get(public_id=public_id)
    with translation.override("fr"):
        words = texts.of(widget, "fr")
    return {
        "widget": widget,
        "texts": words,
        "typed": form.Typed(form_token=form_token.new(widget, words.consent)),
        "problem": None,
        "stylesheet": stylesheet.address(widget),
        "languages": language.choices(),
        "action": f"{widget.get_absolute_url()}?lang=fr",
    }
