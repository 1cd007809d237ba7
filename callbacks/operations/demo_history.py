"""Fill the demo with a month of requests, so that the overview, the list and the charts show life.

The product itself does it all, with its clock set to times in the past: it accepts forms, places
calls and records what came of them. Only the answers of the call service are made up. The same seed
makes the same month.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from callbacks import call_api
from callbacks.core import clock
from callbacks.dispatch import PlaceResult, place_next
from callbacks.intake import accept, submission
from callbacks.intake.errors import Refused
from callbacks.lifecycle import actions
from callbacks.models import CallRequest, Widget
from callbacks.stats import counting
from callbacks.widgets import texts

DAYS = 30
# Requests on a weekday, on average. There are fewer at the weekend.
A_DAY = 18
WEEKEND = 0.35
# How busy each hour of the day is.
HOURS = (0, 0, 0, 0, 0, 0, 1, 3, 8, 14, 17, 13, 6, 9, 15, 16, 14, 11, 8, 6, 5, 4, 2, 1)
# Numbers kept for films are refused by the form. Those that begin like this may be somebody's, so
# the command refuses to connect a demo with a history to the real service.
NUMBER = "+3361234"
PAGES = (
    ("/", "Boats of Brittany"),
    ("/boats/", "Our boats"),
    ("/boats/sailing/", "Sailing boats"),
    ("/prices/", "Prices"),
    ("/contact/", "Contact"),
)
CAMPAIGNS: tuple[dict[str, str], ...] = (
    {},
    {},
    {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "autumn"},
    {"utm_source": "search", "utm_medium": "cpc", "utm_campaign": "brand"},
)
# What the service answers, and how often out of a hundred. The rest is accepted.
ANSWERS: tuple[tuple[int, Callable[[], call_api.CallApiError]], ...] = (
    (3, lambda: call_api.Refused(http_status=422, excerpt="unreachable destination")),
    (4, lambda: call_api.TryLater(http_status=429, retry_after=20)),
    (2, call_api.OutcomeUnknown),
)
CANCELS = 0.03


@dataclass(frozen=True)
class Visit:
    """One visitor who asks for a call at this time."""

    at: datetime
    number: str
    email: str
    address: str
    language: str
    page: tuple[str, str]
    campaign: dict[str, str]
    # Whether the visitor cancels before the call is placed.
    cancels: bool


class PlayedService(call_api.CallApi):
    """A call service that answers by chance, and calls nobody."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__(call_api.from_settings())
        self._chance = chance

    def ensure_token(self) -> None:
        """Do nothing: no token is needed."""

    def fetch_new_token(self) -> None:
        """Do nothing: no token is needed."""

    def start_call(self, **fields: Any) -> call_api.Accepted:
        """Return or raise an answer, as often as `ANSWERS` says."""
        if code := fields["may_send"]():
            raise call_api.HeldBack(code=code)
        drawn = self._chance.randrange(100)
        for share, error in ANSWERS:
            if drawn < share:
                problem = error()
                problem.answers = (problem.http_status,)
                raise problem
            drawn -= share
        return call_api.Accepted(200, "", answers=(200,))


def fill(widget: Widget, seed: int, say: Callable[[str], None]) -> int:
    """Write the month before now, and return the number of requests.

    Nothing is written if there are requests already. `say` gets a line after each hundred requests.
    """
    if CallRequest.objects.exists():
        return 0
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    now = clock.now()
    visits = list(_visits(chance, now))
    service = PlayedService(chance)
    for done, visit in enumerate(visits, start=1):
        _play(widget, visit, done, service, chance)
        if done % 100 == 0:
            say(f"  {done} of {len(visits)} requests …")
    counting.rebuild(now - timedelta(days=DAYS + 1))
    return CallRequest.objects.count()


def _visits(chance: random.Random, now: datetime) -> Iterator[Visit]:
    """Yield the visits of the month, in the order of their times."""
    start = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    numbers = chance.sample(range(10_000), k=10_000)
    times = []
    for days in range(DAYS, -1, -1):
        day = start - timedelta(days=days)
        busy = A_DAY * (WEEKEND if day.weekday() >= 5 else 1)
        for _ in range(round(chance.gauss(busy, busy / 5))):
            (hour,) = chance.choices(range(24), weights=HOURS)
            times.append(day + timedelta(hours=hour, seconds=chance.randrange(3600)))
    latest = now - timedelta(minutes=5)
    for at, number in zip(sorted(at for at in times if at < latest), numbers, strict=False):
        yield Visit(
            at=at.astimezone(now.tzinfo),
            number=f"{NUMBER}{number:04}",
            email=f"visitor{number}@example.fr",
            address=f"2001:db8:{number:x}::1",
            language="fr" if chance.random() < 0.9 else "en",
            page=chance.choice(PAGES),
            campaign=dict(chance.choice(CAMPAIGNS)),
            cancels=chance.random() < CANCELS,
        )


def _play(
    widget: Widget, visit: Visit, index: int, service: PlayedService, chance: random.Random
) -> None:
    """Accept the visitor's form, then place the calls that are due some seconds later."""
    path, title = visit.page
    with clock.set_to(visit.at):
        try:
            call_request = accept.accept(
                submission.Submission(
                    widget=widget,
                    nonce=f"history-{index}",
                    number=visit.number,
                    email=visit.email,
                    language=visit.language,
                    consent=True,
                    address=visit.address,
                    consent_text=texts.of(widget, visit.language).full_consent,
                    source=submission.VisitSource(
                        page_url=f"https://boats.example{path}",
                        page_title=title,
                        campaign=visit.campaign,
                    ),
                    fill_time=timedelta(seconds=chance.randrange(8, 90)),
                )
            ).call_request
        except Refused:
            return  # a limit of the widget: that is life, too
    with clock.set_to(visit.at + timedelta(seconds=chance.uniform(1, 4))):
        if visit.cancels:
            actions.cancel_by_visitor(call_request)
    for seconds in (4, 40, 120):
        with clock.set_to(visit.at + timedelta(seconds=seconds + chance.uniform(0, 6))):
            while place_next(service) is PlaceResult.WORKED:
                pass
