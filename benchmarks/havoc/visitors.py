"""Visitors: each wants one call, and sends the form until somebody tells what became of it."""

import http.client
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.visitor import _FirstForm as FirstForm

# A browser would wait longer; what counts is that the answer is not known.
PATIENCE = 10.0
# Visitors a second, as long as the site keeps up.
RATE = 10
# So often a visitor presses "try again" before giving up, once in so many seconds.
TRIES, PAUSE = 30, 0.5
DOUBLE_CLICK, CANCEL = 0.05, 0.03


@dataclass
class Wish:
    """What one visitor wanted and was told. `promised`: the token of the request's page."""

    number: str
    promised: str = ""
    was_refused: bool = False
    # Told that the call will not be made, because they cancelled it.
    was_cancelled: bool = False
    answers: Counter[str] = field(default_factory=Counter)


class Visitors:
    """So many of them, a few at a time, on whichever web process they happen to reach."""

    def __init__(self, ports: list[int], widgets: list[str], count: int, seed: int) -> None:
        self._ports, self._widgets, self._seed = ports, widgets, seed
        self._count = count
        self.wishes: list[Wish] = []

    def ask(self, at_once: int, until: float) -> None:
        """All ask, at the latest until `until` (monotonic)."""
        with ThreadPoolExecutor(at_once, thread_name_prefix="visitor") as pool:
            begun = time.monotonic()
            come = pool.map(lambda n: self._one(n, begun + n / RATE, until), range(self._count))
            self.wishes = [wish for wishes in come for wish in wishes]

    def _one(self, index: int, comes_at: float, until: float) -> list[Wish]:
        """One visitor; a second wish is what came back for a double click."""
        time.sleep(max(comes_at - time.monotonic(), 0))
        if time.monotonic() > until:
            return []
        chance = random.Random(self._seed * 1_000_003 + index)
        wish = Wish(f"+3361{index:07}")
        wishes = [wish]
        path = f"/w/{chance.choice(self._widgets)}/"
        form = self._form(path, wish, chance)
        if form:
            form |= {"email": "jo@example.fr", "consent": "on"}
            form["number"] = f"0{wish.number[3:]}"
            if chance.random() < DOUBLE_CLICK:
                wishes.append(Wish(wish.number))
                double = threading.Thread(target=self._send, args=(path, form, wishes[1], chance))
                double.start()
            for _ in range(TRIES):
                if self._send(path, form, wish, chance):
                    break
                time.sleep(PAUSE)
            if wish.promised and chance.random() < CANCEL:
                answer = self._ask("POST", f"/r/{wish.promised}/cancel/", {}, wish, chance)
                wish.was_cancelled = answer is not None and answer[0] == 303
            if len(wishes) > 1:
                double.join()
        return wishes

    def _form(self, path: str, wish: Wish, chance: random.Random) -> dict[str, str]:
        """The fields of the form; {} when it could not be had."""
        for _ in range(TRIES):
            answer = self._ask("GET", path, None, wish, chance)
            if answer and answer[0] == 200:
                page = FirstForm()
                page.feed(answer[2])
                return page.fields
            time.sleep(PAUSE)
        return {}

    def _send(self, path: str, form: dict[str, str], wish: Wish, chance: random.Random) -> bool:
        """Sends the form; whether there was an answer that says what became of it."""
        answer = self._ask("POST", path, form, wish, chance)
        if answer is None:
            return False
        status, location, _ = answer
        if status == 303:
            wish.promised = location.rstrip("/").rpartition("/")[2]
        wish.was_refused = status in {422, 429}
        return bool(wish.promised) or wish.was_refused

    def _ask(
        self, method: str, path: str, form: dict[str, str] | None, wish: Wish, chance: random.Random
    ) -> tuple[int, str, str] | None:
        """Status, `Location` and body; None when no answer came."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", chance.choice(self._ports), timeout=PATIENCE
        )
        body = None if form is None else urlencode(form)
        try:
            headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            wish.answers[type(error).__name__] += 1
            return None
        finally:
            connection.close()
        wish.answers[f"{method} {answer.status}"] += 1
        return answer.status, answer.getheader("Location", ""), text
