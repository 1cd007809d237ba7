"""How often: per number, per widget and for the account; exact under concurrency, and durable.

Each hit is a row, numbered within its key. To allow one more, the transaction locks the keys, looks
at the hit that was as many hits ago as the limit allows, and adds its own: last of all, so that
others wait as briefly as can be. It rolls back with the request that it was for. The windows
roll: "three a day" means in any 24 hours.

A number's key is a keyed hash, so that the table names nobody. Per client address there is
django-ratelimit, in `callbacks.public.address`: it needs no exactness and must cost no write.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db.models import Max

from callbacks import db, personal
from callbacks.models import LimitHit, Widget


class What(StrEnum):
    NUMBER = "number"
    WIDGET = "widget"
    ACCOUNT = "account"


@dataclass(frozen=True)
class Limit:
    what: What
    key: str
    most: int
    window: timedelta


class LimitReached(Exception):
    """One more is too much. `retry_after`: how long until there is room again."""

    def __init__(self, what: What, retry_after: timedelta) -> None:
        super().__init__(f"limit per {what} reached")
        self.what = what
        self.retry_after = retry_after


# Two phones in one household never need more; a prank does.
NUMBER_LIMITS = ((1, timedelta(minutes=5)), (3, timedelta(days=1)))
HOUR = timedelta(hours=1)
LONGEST_WINDOW = timedelta(days=1)

# The ordinal of a key's latest hit.
_LATEST = "SELECT MAX(ordinal) FROM callbacks_limithit WHERE key = %s"


def number_key(number: str) -> str:
    """The limit key of an E.164 number: keyed, so that it cannot be found by trying numbers."""
    return f"number:{personal.fingerprint('limit', number)}"


def number_limits(number: str) -> list[Limit]:
    """Over all widgets: one request in 5 minutes, three in a day."""
    key = number_key(number)
    return [Limit(What.NUMBER, key, most, window) for most, window in NUMBER_LIMITS]


def widget_key(widget: Widget) -> str:
    """The limit key of a widget."""
    return f"widget:{widget.pk}"


def widget_limits(widget: Widget) -> list[Limit]:
    """The widget's own caps, per hour and per day."""
    key = widget_key(widget)
    return [
        Limit(What.WIDGET, key, widget.hourly_cap, HOUR),
        Limit(What.WIDGET, key, widget.daily_cap, timedelta(days=1)),
    ]


def account_limits() -> list[Limit]:
    """What all widgets together may take in a day."""
    most = settings.ACCOUNT_DAILY_CAP
    return [Limit(What.ACCOUNT, "account", most, timedelta(days=1))]


def questions(limits: Sequence[Limit], now: datetime) -> db.Questions:
    """What `check` has to know."""
    return {limit: _is_full(limit, now) for limit in limits}


def check(limits: Sequence[Limit], found: db.Answers, now: datetime) -> None:
    """Raises `LimitReached` for the first limit that has no room. In: the answers to `questions`.

    A look beforehand, which spares the trouble of a request that won't do; it locks nothing, and
    `hit` decides.
    """
    for limit in limits:
        if found[limit]:
            raise LimitReached(limit.what, _until_there_is_room(limit, now))


def hit(limits: Sequence[Limit], also: Sequence[str] = ()) -> None:
    """Counts one more under every limit, or raises `LimitReached` for the first that is full.

    `also`: keys without a limit, to be counted with them.

    From here on nobody else counts under the same keys until the transaction ends: so it is to be
    the last thing that is done inside one. With `LimitReached`, the transaction must roll back.
    """
    keys = [*(limit.key for limit in limits), *also]
    now = db.lock(keys)
    if not _add(keys, limits, now):
        check(limits, db.ask(questions(limits, now)), now)


def count(limits: Sequence[Limit]) -> None:
    """Counts one more under every key, whether there is room or not: a person asked for it.

    To be called last inside a transaction, like `hit`.
    """
    keys = [limit.key for limit in limits]
    _add(keys, [], db.lock(keys))


def _add(keys: Sequence[str], limits: Sequence[Limit], now: datetime) -> bool:
    """Adds a hit under each of `keys` unless one of `limits` is full; returns whether it did.

    In one statement, because others wait meanwhile.
    """
    keys = list(dict.fromkeys(keys))
    hits = " UNION ALL ".join([f"SELECT %s, COALESCE(({_LATEST}), 0) + 1, %s"] * len(keys))
    full = [_is_full(limit, now) for limit in limits]
    where = " AND ".join([f"NOT EXISTS ({question.sql})" for question in full]) or "1 = 1"
    parameters: list[object] = [value for key in keys for value in (key, key, now)]
    parameters += [value for question in full for value in question.parameters]
    return bool(
        db.execute(
            "INSERT INTO callbacks_limithit (key, ordinal, at)"
            f" SELECT * FROM ({hits}) AS hits WHERE {where}",
            parameters,
        )
    )


def _is_full(limit: Limit, now: datetime) -> db.Question:
    """Whether there is no room: the hit that was `most` hits ago is still inside the window. So
    it costs the same however many the limit allows."""
    return db.Question(
        "SELECT 1 FROM callbacks_limithit WHERE key = %s AND at > %s"
        f" AND ordinal = ({_LATEST}) + 1 - %s",
        (limit.key, now - limit.window, limit.key, limit.most),
    )


def _until_there_is_room(limit: Limit, now: datetime) -> timedelta:
    hits = LimitHit.objects.filter(key=limit.key)
    latest = hits.aggregate(latest=Max("ordinal"))["latest"]
    return hits.get(ordinal=latest + 1 - limit.most).at + limit.window - now


def forget_old(now: datetime, batch: int = 1000) -> int:
    """Deletes hits that no window reaches any more; returns how many."""
    old = LimitHit.objects.filter(at__lte=now - LONGEST_WINDOW).values("pk")[:batch]
    deleted, _ = LimitHit.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
    return deleted
