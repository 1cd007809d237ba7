"""Receive what the call service reports after a call."""

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from callbacks.call_outcomes import report, signature, store
from callbacks.public.http import database_errors

log = structlog.get_logger(__name__)


@csrf_exempt
@never_cache
@database_errors.with_outage_page
def uhlive(request: HttpRequest) -> HttpResponse:
    """Store the report of a call, and answer 204, also if it was stored before.

    Answer 401 if the signature is wrong, 400 if the body did not arrive whole or is not a JSON
    object, and 404 if `UHLIVE_WEBHOOK_SECRET` is not set.
    """
    if not settings.UHLIVE_WEBHOOK_SECRET:
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        body = request.body
    except (RequestDataTooBig, BadRequest):
        return HttpResponse(status=400)
    given = request.headers.get("X-Uhlive-Signature", "")
    if not signature.is_right(body, given, settings.UHLIVE_WEBHOOK_SECRET):
        signature.count_refused()
        log.warning("call_report_refused")
        return HttpResponse(status=401)
    try:
        outcome, is_new = store.store(report.read(body), body)
    except report.Unreadable:
        log.warning("call_report_unreadable")
        return HttpResponse(status=400)
    if is_new:
        found = outcome.call_request
        log.info("call_report_stored", request=found.public_id if found else None)
    return HttpResponse(status=204)
