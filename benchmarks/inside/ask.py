"""Ask for a call to each number on the standard input, and print when: `ask.py site WIDGET`.

Numbers come one on each line. The printed time is that of `time.monotonic`, in seconds: for a site
the time of the commit, for the engine alone (`ask.py engine`) the time when the message is sent.
"""

import sys
import time

import django

django.setup()


def of_site(public_id: str) -> None:
    from callbacks.intake import accept, submission
    from callbacks.models import Widget
    from callbacks.worker import tasks

    committed = [0.0]
    notify_workers = tasks.notify_workers

    def noting(messages: int = 1) -> bool:
        committed[0] = time.monotonic()
        return notify_workers(messages)

    tasks.notify_workers = noting  # intake calls it directly after its commit
    widget = Widget.objects.get(public_id=public_id)
    for line in sys.stdin:
        number = line.strip()
        accept.accept(
            submission.Submission(
                widget=widget,
                nonce=number,
                number=number,
                email="jo@example.fr",
                language="fr",
                consent=True,
                consent_text="Please call me.",
            )
        )
        print(committed[0], flush=True)


def of_engine() -> None:
    from benchmarks.baseline.tasks import post

    for line in sys.stdin:
        sent = time.monotonic()
        post(line.strip())
        print(sent, flush=True)


if __name__ == "__main__":
    of_site(sys.argv[2]) if sys.argv[1] == "site" else of_engine()
