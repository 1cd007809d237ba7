"""Compute the geometry of the charts, which the templates draw as SVG.

Colours come from the style sheet. Each chart stands beside a table with the same numbers, so that
no information is in a picture alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# In the units of the SVG, which is stretched to the width of the page.
BAR, GAP, HEIGHT = 16, 4, 120
LENGTH = 100
STEPS = 5


@dataclass(frozen=True)
class Stack:
    """One bar of a chart.

    `parts` are its segments from the bottom up: a kind, which the style sheet colours, and a count.
    """

    name: str
    address: str
    parts: Sequence[tuple[str, int]]

    @property
    def total(self) -> int:
        """Return the sum of the bar's segments."""
        return sum(count for _kind, count in self.parts)


def stacked(stacks: Sequence[Stack]) -> dict[str, Any]:
    """Return what the template needs to draw bars side by side.

    `top` is the number that the full height stands for.
    """
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
    """Return a round number for the top of the scale: `most`, or a little more."""
    unit = 1
    while True:
        for step in (1, 2, 4, 6, 8):
            if step * unit >= most:
                return step * unit
        unit *= 10


def length(count: int, most: int) -> str:
    """Return the length of a horizontal bar, in hundredths of the full length."""
    return _plain(LENGTH * count / most if most else 0)


def heat(count: int, most: int) -> int:
    """Return how dark a cell is drawn: 0 for no request, else 1 to 5."""
    return -(-STEPS * count // most) if count else 0


def _plain(value: float) -> str:
    """Return a number with a decimal point, which SVG needs. In French, templates write a comma."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
