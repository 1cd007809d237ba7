"""Measure intake: how many forms one web process accepts, and shows, in a second.

The baseline is bare views on the same server and database (`benchmarks.baseline.views`): one
inserts the same rows, the other renders the same template. Both servers run all the time, and get
short bursts of requests in turn.
"""

import itertools
import re
import statistics
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlencode

from benchmarks.support import load
from benchmarks.support.figure import Figure
from benchmarks.support.place import POSTGRESQL, SQLITE, Place, available, place
from tests.support.servers import free_port

ROUNDS = 5
SECONDS = 2.0
CLIENTS = 16
POST_TARGET, GET_TARGET = 0.7, 0.9
TOKENS = 6000

_numbers = itertools.count(612_000_000)


def measure() -> Iterator[Figure]:
    for name in [name for name in (SQLITE, POSTGRESQL) if name in available()]:
        yield from of_forms(name)


def of_forms(name: str, *, with_slots: bool = False) -> Iterator[Figure]:
    """Yield the figures of one place: forms for a call now, or for time slots."""
    # Nothing listens at this address, and no worker runs.
    with place(name, uhlive_call_url="http://127.0.0.1:9/", account_daily_cap="10000000") as site:
        if with_slots:
            days, capacity = "14", "1000"
            widget = site.run("benchmarks.inside.booked", "0", days, capacity).split()[0]
        else:
            # The load would reach the limits, and looks like a bot, so they are off.
            widget = site.create_widget(
                daily_cap=1_000_000, hourly_cap=1_000_000, proof_of_work="off"
            )
        bare_url = _start(site)
        whens = _slots(f"{site.url}/w/{widget}/?days=all") if with_slots else [""]
        taken, inserted = _posts(site, widget, bare_url, whens)
        shown, rendered = _gets(site, widget, bare_url)
    more = " with time slots" if with_slots else ""
    yield _figure(f"form{more} taken, {name}", taken, inserted, POST_TARGET)
    yield _figure(f"form{more} shown, {name}", shown, rendered, GET_TARGET)


def _slots(address: str) -> list[str]:
    """Return the time slots that the form offers from tomorrow on."""
    with urllib.request.urlopen(address) as answer:
        offered = re.findall(r'<option value="([0-9TZ:-]{20})"', answer.read().decode())
    # Those of today may be over before they are asked for.
    return offered[len(offered) // 4 :]


def _start(site: Place) -> str:
    port = free_port()
    site.commands["bare"] = [
        str(port) if part == str(site.port) else part.replace(f":{site.port}", f":{port}")
        for part in site.commands["web"]
    ]
    site.start("web")
    site.start("bare", DJANGO_SETTINGS_MODULE="benchmarks.baseline.web_settings", PORT=str(port))
    return f"http://127.0.0.1:{port}"


def _posts(
    site: Place, widget: str, bare_url: str, whens: list[str]
) -> tuple[list[float], list[float]]:
    choices = itertools.cycle(whens)
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(ROUNDS):
        tokens = site.run("benchmarks.inside.tokens", widget, str(2 * TOKENS)).split()
        site.run("benchmarks.inside.clear_queue")
        for url, path, rates in (
            (site.url, f"/w/{widget}/?lang=fr", ours),
            (bare_url, f"/bare/{widget}/", bare),
        ):
            mine = [tokens.pop() for _ in range(TOKENS)]
            forms = (load.post(path, _filled_in(token, next(choices))) for token in mine)
            rates.append(_rate(url, forms, 303))
    return ours, bare


def _gets(site: Place, widget: str, bare_url: str) -> tuple[list[float], list[float]]:
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(ROUNDS):
        ours.append(_rate(site.url, itertools.repeat(load.get(f"/w/{widget}/")), 200))
        bare.append(_rate(bare_url, itertools.repeat(load.get(f"/bare/{widget}/")), 200))
    return ours, bare


def _rate(url: str, requests: Iterator[bytes], status: int) -> float:
    sent = load.send(url, requests, clients=CLIENTS, seconds=SECONDS)
    if set(sent.statuses) != {status}:
        raise RuntimeError(f"unexpected answers: {dict(sent.statuses)}")
    return sent.rate


def _filled_in(token: str, when: str) -> bytes:
    number = f"0{next(_numbers)}"
    fields = {"form_token": token, "number": number, "email": "jo@example.fr", "consent": "on"}
    return urlencode(fields | {"when": when} if when else fields).encode()


def _figure(name: str, ours: list[float], bare: list[float], target: float) -> Figure:
    return Figure(
        name,
        statistics.median(ours),
        statistics.median(bare),
        "/s",
        at_least=target,
        note=f"one process, 8 threads, median of {ROUNDS}",
    )
