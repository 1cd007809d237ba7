"""Members of staff who look after what is uncertain or failed: the only ones who may call twice."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from django.contrib.auth import get_user_model
from django.db import DatabaseError, InterfaceError, close_old_connections

from callbacks import actions, lifecycle
from callbacks.models import CallRequest, Status

NAMES = ("anne", "bob")
PAUSE = 1.0
# Of what they see, how much they retry at a time.
SHARE = 0.3


class People:
    """They look at the same list, and press the same button at the same time."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed + 1)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="people")
        self._persons = [get_user_model().objects.create_user(name) for name in NAMES]
        # Retries that were done, and those where a colleague was told to have been faster.
        self.done = self.too_slow = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        with ThreadPoolExecutor(len(NAMES), thread_name_prefix="person") as pool:
            while not self._over.wait(PAUSE):
                try:
                    close_old_connections()
                    seen = list(
                        CallRequest.objects.select_related("widget").filter(
                            status__in=[Status.UNCERTAIN, Status.FAILED]
                        )
                    )
                except (DatabaseError, InterfaceError):
                    continue
                chosen = [row.pk for row in seen if self._chance.random() < SHARE]
                done = list(pool.map(self._retry, self._persons, [chosen] * len(NAMES)))
                self.done += sum(yes for yes, _ in done)
                self.too_slow += sum(no for _, no in done)

    def _retry(self, person: Any, chosen: list[int]) -> tuple[int, int]:
        """How many retries were done, and how many came too late."""
        yes = no = 0
        for pk in chosen:
            with suppress(DatabaseError, InterfaceError, lifecycle.NotAllowed):
                close_old_connections()
                row = CallRequest.objects.select_related("widget").get(pk=pk)
                if actions.retry(row, person, confirmed=True):
                    yes += 1
                else:
                    no += 1
        return yes, no
