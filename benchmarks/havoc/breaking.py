"""Break something all the time: deal a deck of cards, shuffled from a seed, again and again.

Each kind happens in every run, as often as it has cards. The same seed gives the same order.
"""

import random
import threading
import traceback
from collections import defaultdict
from collections.abc import Sequence

from benchmarks.havoc.injections import Injector, Journal, NotNow
from benchmarks.havoc.world import World


class Breaker:
    """Breaks things until it is told to stop; `journal` records what it broke."""

    def __init__(
        self,
        world: World,
        injectors: Sequence[Injector],
        seed: int,
        pause: tuple[float, float] = (0.5, 1.3),
    ) -> None:
        self._world, self._injectors, self._pause = world, injectors, pause
        self._chance = random.Random(seed)
        self._over = threading.Event()
        self._at_work: list[threading.Thread] = []
        self._groups: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._thread = threading.Thread(target=self._run, name="breaker", daemon=True)
        self.journal = Journal()
        # What could not be broken or healed: an error of the run itself.
        self.errors: list[str] = []

    def start(self) -> None:
        """Start to break things."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and return once everything is healed."""
        self._over.set()
        self._thread.join()
        for thread in self._at_work:
            thread.join()
        self._world.restart_what_ended()

    def _run(self) -> None:
        deck: list[Injector] = []
        while not self._over.wait(self._chance.uniform(*self._pause)):
            if not deck:
                deck = [card for card in self._injectors for _ in range(card.cards)]
                self._chance.shuffle(deck)
            card = deck.pop()
            seconds = self._chance.uniform(card.shortest, card.longest)
            lock = self._groups[card.group or card.kind]
            if lock.acquire(blocking=False):
                thread = threading.Thread(
                    target=self._harm, args=(card, seconds, lock), name=card.kind, daemon=True
                )
                self._at_work.append(thread)
                thread.start()
            else:  # something of this group is broken now: deal the card later
                deck.insert(self._chance.randrange(len(deck) + 1), card)
            self._world.restart_what_ended()

    def _harm(self, card: Injector, seconds: float, lock: threading.Lock) -> None:
        try:
            with self.journal.note(card.kind, card.harm()):
                self._over.wait(seconds)
        except NotNow:
            pass
        except Exception as error:  # a run that could not heal something proves nothing
            self.errors.append(f"{card.kind}: {error!r}")
            traceback.print_exc()
        finally:
            lock.release()
