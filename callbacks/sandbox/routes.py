"""Which function answers which address."""

from collections.abc import Callable

from callbacks.sandbox import control, events, page
from callbacks.sandbox.messages import Answer, Request, refusal
from callbacks.sandbox.startcall_endpoint import startcall
from callbacks.sandbox.state import Sandbox
from callbacks.sandbox.token_endpoint import token

View = Callable[[Sandbox, Request], Answer]


def _health(_sandbox: Sandbox, _request: Request) -> Answer:
    return Answer(200, b"ok", "text/plain; charset=utf-8")


ROUTES: dict[str, dict[str, View]] = {
    "/": {"GET": page.home},
    "/sandbox/": {"GET": page.page},
    **{f"/sandbox/static/{name}": {"GET": page.static} for name in page.STATIC},
    "/sandbox/token": {"POST": token},
    "/sandbox/api/startcall": {"POST": startcall},
    "/sandbox/calls": {"GET": control.calls, "DELETE": control.clear_calls},
    "/sandbox/sends": {"GET": control.sends},
    "/sandbox/faults": {
        "GET": control.faults,
        "PUT": control.put_faults,
        "DELETE": control.clear_faults,
    },
    "/sandbox/events": {"GET": events.open_stream},
    "/sandbox/healthz": {"GET": _health},
}


def answer(sandbox: Sandbox, request: Request) -> Answer:
    """Return the answer to a request: 404 for an unknown address, 405 for a wrong method."""
    methods = ROUTES.get(request.path)
    if methods is None:
        return refusal(404, "not_found", "Nothing is at this address")
    view = methods.get(request.method)
    if view is None:
        allow = ", ".join(methods)
        return refusal(405, "method_not_allowed", f"Allowed here: {allow}", {"Allow": allow})
    return view(sandbox, request)
