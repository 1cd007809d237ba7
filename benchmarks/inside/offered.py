"""Show the form of a widget, and print how long it takes: for each public id on the input.

Nothing is kept in memory from one time to the next. The output is JSON: the time of the first page,
and of the page with all days (seconds), with the number of queries of each.
"""

import json
import logging
import sys
import time

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from callbacks.widgets import cache  # noqa: E402

logging.disable(logging.CRITICAL)
visitor = Client(SERVER_NAME="127.0.0.1")


def main() -> None:
    for line in sys.stdin:
        answer = {}
        for name, query in (("first days", ""), ("all days", "?days=all")):
            cache.forget()
            with CaptureQueriesContext(connection) as queries:
                begun = time.perf_counter()
                page = visitor.get(f"/w/{line.strip()}/{query}")
                seconds = time.perf_counter() - begun
            assert page.status_code == 200
            assert b'name="when"' in page.content
            answer[name] = {"seconds": seconds, "queries": len(queries)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
