"""Fill a new database with requests in every state, as this version writes them.

    DATABASE_URL=… python -m tests.support.upgrade.fill

A test of a later version runs this file of each released version, in a checkout of that version. So
it may use all that this version has. Its last line is what `read` prints.
"""

import random
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from callbacks.abuse import block_list  # noqa: E402
from callbacks.data_protection import erasure  # noqa: E402
from callbacks.models import Reason, Status  # noqa: E402
from callbacks.operations import demo_history  # noqa: E402
from tests.support import factories  # noqa: E402
from tests.support.upgrade import read  # noqa: E402

DAYS = 2  # of requests that were accepted, called, refused and cancelled by the site itself


def main() -> None:
    demo_history.DAYS = DAYS
    widget = factories.make_widget(daily_cap=100_000, hourly_cap=100_000)
    assert demo_history.fill(widget, seed=random.randrange(1000), say=lambda _line: None)
    for status in Status:
        for reason in ("", *Reason):
            attempts: dict[str, Any] = {"attempts_made": 1} if status != Status.QUEUED else {}
            made = factories.make_request(widget=widget, status=status, reason=reason, **attempts)
            if attempts:
                factories.accept_attempt(made, made.created_at, 1)
    factories.accept_vouched(nonce="vouched", number="06 98 76 54 32")
    erasure.erase(None, call_request=factories.accept_one(99))
    block_list.add("number", "06 98 76 54 34")
    words = ("--no-input", "--username=chief", "--email=chief@example.fr")
    call_command("createsuperuser", *words, verbosity=0)
    read.main()


if __name__ == "__main__":
    main()
