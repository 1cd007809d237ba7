"""Visit pages of a history, and print how long each takes.

First print the names of the pages. Then, for each name on the standard input, print the time of the
page (seconds) and its number of queries. All output is JSON, one value on each line.
"""

import itertools
import json
import logging
import sys
import time
from collections.abc import Callable

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import translation  # noqa: E402

from callbacks.intake import form_token  # noqa: E402
from callbacks.models import CallRequest  # noqa: E402
from callbacks.widgets import texts  # noqa: E402

logging.disable(logging.CRITICAL)
LIST = reverse("admin:callbacks_callrequest_changelist")
_numbers = itertools.count(612_000_000)

staff = Client(SERVER_NAME="127.0.0.1")
staff.force_login(User.objects.get())
visitor = Client(SERVER_NAME="127.0.0.1")
newest = list(CallRequest.objects.order_by("-pk").select_related("widget")[:110])
wanted, over, waiting = newest[105], newest[60], newest[5]
doubtful = CallRequest.objects.filter(reason="no_answer")[0]


def listed(query: str = "") -> Callable[[], HttpResponse]:
    return lambda: staff.get(f"{LIST}?{query}")


def search(typed: str) -> HttpResponse:
    answer = staff.post(LIST, {"q": typed}, follow=True)
    assert wanted.public_id in answer.content.decode()
    return answer


def ask() -> HttpResponse:
    widget = waiting.widget
    with translation.override("fr"):
        token = form_token.new(widget, texts.of(widget, "fr").consent)
    fields = {"form_token": token, "number": f"0{next(_numbers)}", "email": "jo@example.fr"}
    path = f"{widget.get_absolute_url()}?lang=fr"
    answer = visitor.post(path, fields | {"consent": "on"})
    assert answer.status_code == 303, answer.content
    return answer


PAGES: dict[str, Callable[[], HttpResponse]] = {
    "the list of requests": listed(),
    "its page 100": listed("p=100"),
    "search by number": lambda: search(wanted.number),
    "search by email": lambda: search(wanted.email),
    "filter: needs a person": listed("todo=person"),
    "filter: waiting": listed("todo=waiting"),
    "filter: failed": listed("status__exact=failed"),
    "filter: called": listed("status__exact=called"),
    "filter: a widget": listed(f"widget__id__exact={wanted.widget_id}"),
    "filter: a reason": listed("reason__exact=refused"),
    "filter: a reason that nothing has": listed("reason__exact=restored"),
    "filter: a widget and a reason": listed(
        f"widget__id__exact={doubtful.widget_id}&reason__exact=no_answer"
    ),
    "the first page with its figures": lambda: staff.get(reverse("admin:index")),
    "a request": lambda: staff.get(reverse("admin:callbacks_callrequest_change", args=[wanted.pk])),
    "the status page": lambda: visitor.get(over.get_absolute_url()),
    "the status page of one that waits": lambda: visitor.get(waiting.get_absolute_url()),
    "a form taken": ask,
}


def main() -> None:
    print(json.dumps(list(PAGES)), flush=True)
    for line in sys.stdin:
        with CaptureQueriesContext(connection) as queries:
            begun = time.perf_counter()
            answer = PAGES[line.strip()]()
            seconds = time.perf_counter() - begun
        assert answer.status_code in {200, 303}, (line, answer.status_code)
        print(json.dumps({"seconds": seconds, "queries": len(queries)}), flush=True)


if __name__ == "__main__":
    main()
