"""Count the second rings when the service breaks the one assumption that the product makes."""

from collections import Counter

from benchmarks.havoc import collect, on_service
from benchmarks.havoc.injections import Pulse
from benchmarks.havoc.judge import verdict
from benchmarks.havoc.judge.evidence import Settings
from benchmarks.havoc.judge.evidence import Widget as WidgetSettings
from benchmarks.havoc.settling import settle
from benchmarks.havoc.visitors import Visitors
from benchmarks.havoc.widgets import CAPS
from benchmarks.havoc.world import World
from callbacks.models import Widget

# The number of visitors, the seconds in which they come, and how many of them come at once.
REQUESTS, SECONDS, AT_ONCE = 40, 12.0, 40


def price(world: World, seed: int, patience_minutes: int) -> list[str]:
    """Ring before a 429, 401 or 307; print how often a phone then rang twice."""
    widget = Widget.objects.create(
        name="assumption",
        originate="scenario-assumption",
        patience_minutes=patience_minutes,
        **CAPS,
    )
    crowd = Visitors(world.webs, [widget.public_id], seed, Pulse(), numbers="+3363")
    world.sandbox.faults(on_service.ASSUMPTION, seed=seed)
    crowd.ask(REQUESTS, SECONDS, AT_ONCE)
    world.sandbox.faults([])
    not_over = settle(world, patience_minutes, [widget.public_id])
    settings = Settings(
        {widget.public_id: WidgetSettings((widget.originate,), widget.patience.total_seconds())},
        price_is_counted=True,
    )
    known = collect.evidence(settings, world.sandbox, crowd.notes, (), ())
    rings = Counter(ring.destination for ring in known.rings)
    twice = sum(count > 1 for count in rings.values())
    print(
        "\nThe price of the assumption, where the service rings and then says 429, 401 or 307 to"
        f" three requests in four: of {len(rings)} phones {twice} rang more than once,"
        f" {max(rings.values(), default=0)} times at most; {verdict.count(known)['price']} second"
        " rings."
    )
    return [*not_over, *verdict.violations(known)]
