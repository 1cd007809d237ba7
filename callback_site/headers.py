"""Headers that every answer has and that no part of Django sets."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# A call-back form needs none of these; nor does a page that it is framed in, through it.
PERMISSIONS_POLICY = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
)


def extra_headers(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, to stand first. A view that sets one of these itself keeps its own.

    Cross-Origin-Resource-Policy is `cross-origin` where other sites are meant to load from:
    static files (the loader script and its icon) and the framed pages under `/embed/`.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        shared = request.path_info.startswith(("/static/", "/embed/"))
        response.headers.setdefault(
            "Cross-Origin-Resource-Policy", "cross-origin" if shared else "same-origin"
        )
        return response

    return middleware
