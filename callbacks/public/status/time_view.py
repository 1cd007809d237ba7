"""Let the visitor choose another time for a call that comes later."""

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from callbacks.abuse import ip_rate_limit
from callbacks.intake import errors as intake_errors
from callbacks.intake import rescheduling
from callbacks.models import CallRequest
from callbacks.public.embed import frame
from callbacks.public.form import form_errors, times_to_choose
from callbacks.public.http import language, responses
from callbacks.public.status import answers, of_token, pages
from callbacks.scheduling import offer


@of_token.page("GET", "POST")
def time(request: HttpRequest, call_request: CallRequest) -> HttpResponse:
    """Choose another time for a call that comes later: show the times on GET, move it on POST."""
    with translation.override(language.of_request(call_request)):
        if not rescheduling.is_offered(call_request):
            return responses.see_other(frame.address(request, "status", call_request.token))
        if request.method != "POST":
            return _time_form(request, call_request)
        when = request.POST.get("when", "")
        try:
            with intake_errors.as_too_many():
                ip_rate_limit.count(request, call_request.widget)
            return answers.move_and_answer(
                request, call_request, lambda: rescheduling.reschedule(call_request, when)
            )
        except intake_errors.Refused as refused:
            problem = form_errors.of(refused)
            return problem.mark(_time_form(request, call_request, when=when, why_not=problem))


def _time_form(
    request: HttpRequest,
    call_request: CallRequest,
    *,
    when: str = "",
    why_not: form_errors.Problem | None = None,
) -> HttpResponse:
    widget = call_request.widget
    offered = offer.of(widget, number=str(call_request.number), all_days=True)
    may_be_rescheduled = rescheduling.may_be_rescheduled(call_request)
    if why_not is None and not may_be_rescheduled:
        why_not = form_errors.of(rescheduling.RescheduledTooOften())
    return pages.ask(
        request,
        call_request,
        "public/time.html",
        times=times_to_choose.of(widget, offered, when),
        problem=why_not,
        may_be_rescheduled=may_be_rescheduled,
    )
