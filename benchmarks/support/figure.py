"""Compare a measured value with a baseline of the same run, and with its target."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """A figure: `value` and `baseline` in `unit`, and their `ratio`, to which the target applies.

    `at_most` or `at_least` is the target; without either, the figure is for information only.
    `note` says what a reader must know.
    """

    name: str
    value: float
    baseline: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.value / self.baseline if self.baseline else float("inf")

    @property
    def target(self) -> str:
        if self.at_most is not None:
            return f"≤ {self.at_most:g}"
        return f"≥ {self.at_least:g}" if self.at_least is not None else ""

    @property
    def is_met(self) -> bool:
        """Whether the target is met; True without a target."""
        low = self.at_least if self.at_least is not None else float("-inf")
        high = self.at_most if self.at_most is not None else float("inf")
        return low <= self.ratio <= high

    @property
    def verdict(self) -> str:
        if not self.target:
            return ""
        return "met" if self.is_met else "MISSED"

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"ratio": self.ratio, "verdict": self.verdict}

    def __str__(self) -> str:
        against = f"{self.value:.3g} {self.unit} against {self.baseline:.3g} {self.unit}"
        target = f", target {self.target}: {self.verdict}" if self.target else ""
        note = f" ({self.note})" if self.note else ""
        return f"{self.name}: ratio {self.ratio:.2f} ({against}){target}{note}"


def table(figures: list[Figure]) -> str:
    """Return all figures as a Markdown table."""
    lines = [
        "| figure | value | baseline | ratio | target | verdict |",
        "|---|---|---|---|---|---|",
    ]
    for figure in figures:
        cells = [
            figure.name + (f" ({figure.note})" if figure.note else ""),
            f"{figure.value:.3g} {figure.unit}",
            f"{figure.baseline:.3g} {figure.unit}",
            f"{figure.ratio:.2f}",
            figure.target,
            figure.verdict,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
