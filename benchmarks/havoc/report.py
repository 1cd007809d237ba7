"""Format what a chaos run prints: Markdown tables of what was broken and what was seen."""

from collections import Counter
from collections.abc import Mapping, Sequence

from benchmarks.havoc.injections import Line
from benchmarks.havoc.judge.evidence import Evidence

HEADINGS = (
    "what was broken",
    "times",
    "forms taken meanwhile",
    "forms not taken",
    "phones rung meanwhile",
    "next form after (s: median, worst)",
    "next call after (s: median, worst)",
)


def injections(lines: Sequence[Line]) -> str:
    """Return the table of what was broken, in Markdown."""
    rows = [
        (
            line.kind,
            str(line.times),
            str(line.forms),
            str(line.failed_forms),
            str(line.calls),
            _recovery(line.form_recovery),
            _recovery(line.call_recovery),
        )
        for line in lines
    ]
    return _table(HEADINGS, rows)


def counts(title: str, figures: Mapping[str, int]) -> str:
    """Return a table of figures in Markdown, without those that are zero."""
    rows = [(name, str(count)) for name, count in sorted(figures.items()) if count]
    return _table((title, "times"), rows)


def _recovery(seconds: tuple[float, float] | None) -> str:
    return "never" if seconds is None else f"{seconds[0]:.1f}, {seconds[1]:.1f}"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    return "\n".join(f"| {' | '.join(map(str.ljust, line, widths))} |" for line in lines)


def outcomes(known: Evidence) -> Counter[str]:
    """Count by name how the requests ended, and what visitors were told."""
    seen: Counter[str] = Counter()
    for note in known.notes:
        told = "promised a call" if note.promise else "refused" if note.refused_at else "gave up"
        seen[f"visitors {told}"] += 1
    rings = Counter(ring.destination for ring in known.rings)
    seen += Counter(f"phones that rang {count} times" for count in rings.values())
    for row in known.requests:
        why = f" ({row.reason})" if row.reason else ""
        seen[f"requests {row.status}{why}"] += 1
        seen["requests erased"] += row.erased_at is not None
    seen += Counter(f"attempts {attempt.outcome}" for attempt in known.attempts)
    seen += Counter(f"moves {move.name} by {move.actor}" for move in known.moves)
    seen["attempts by the fallback"] = sum(
        "fallback" in attempt.worker for attempt in known.attempts
    )
    return seen
