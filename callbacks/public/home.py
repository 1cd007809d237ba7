"""Serve the root of the site, which belongs to the operator alone."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from callbacks.public.http import decorators, responses


@decorators.public_page("GET")
def home(request: HttpRequest) -> HttpResponse:
    """Redirect to `HOME_URL`; if it is not set, say what this address is for."""
    if settings.HOME_URL:
        return HttpResponseRedirect(settings.HOME_URL)
    return responses.message(
        request,
        200,
        title=_("Call requests"),
        text=_(
            "This address handles the call requests of other websites. To ask for a call, use the "
            "form on the website that you came from."
        ),
    )
