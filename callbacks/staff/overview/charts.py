"""Charts as plain SVG: geometry only. Colours come from the stylesheet, numbers from a table that
stands with each chart, so that nothing is told by a picture alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# The chart's own units; it is stretched to the width of the page.
BAR, GAP, HEIGHT = 16, 4, 120
LENGTH = 100
STEPS = 5


@dataclass(frozen=True)
class Stack:
    """A bar: the parts with their kinds (which colour them), from the bottom."""

    name: str
    address: str
    parts: Sequence[tuple[str, int]]

    @property
    def total(self) -> int:
        return sum(count for _kind, count in self.parts)


def stacked(stacks: Sequence[Stack]) -> dict[str, Any]:
    """Bars side by side. Out: what the template draws; `top` is what the full height means."""
    top = nice(max((stack.total for stack in stacks), default=0))
    bars = []
    for number, stack in enumerate(stacks):
        height, parts = 0.0, []
        for kind, count in stack.parts:
            part = HEIGHT * count / top
            height += part
            if count:
                parts.append({"kind": kind, "y": _plain(HEIGHT - height), "height": _plain(part)})
        bars.append({"stack": stack, "x": number * (BAR + GAP), "parts": parts})
    return {
        "bars": bars,
        "top": top,
        "half": top / 2 if top % 2 else top // 2,
        "width": max(len(stacks) * (BAR + GAP) - GAP, 1),
        "bar": BAR,
        "step": BAR + GAP,
        "height": HEIGHT,
    }


def nice(most: int) -> int:
    """A round number for the top of the scale, `most` or a little above."""
    unit = 1
    while True:
        for step in (1, 2, 4, 6, 8):
            if step * unit >= most:
                return step * unit
        unit *= 10


def length(count: int, most: int) -> str:
    """Of a lying bar, in hundredths of its full length."""
    return _plain(LENGTH * count / most if most else 0)


def heat(count: int, most: int) -> int:
    """How dark: 0 for none, and 1 to 5."""
    return -(-STEPS * count // most) if count else 0


def _plain(value: float) -> str:
    """Without the decimal comma that templates write in French."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
