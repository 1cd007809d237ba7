"""Reports of calls, as the call service documents them and as nobody would."""

from datetime import datetime
from typing import Any

from hypothesis import strategies as st

DOCUMENTED = {
    "unique_id": "8f14e45f",
    "timestamp": "2026-06-01T12:00:30Z",
    "duration": 42.5,
    "status": "qualified",
    "campaign": "spring",
    "audio_state": "available",
    "transcript_json": [{"speaker": "bot", "text": "Bonjour"}],
    "metadata": {"ANI": "33612345678", "Direction": "out", "email": "Jo@Example.fr"},
    "tags": ["meeting", "hot"],
}

# JSON can write halves of surrogate pairs, which the usual strategy for texts leaves out.
_texts = st.text() | st.sampled_from(["\ud800", "jo@example.fr\udfff", "\0", "\u202e"])
_times = st.datetimes().map(datetime.isoformat).map("{}Z".format)
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(_texts, inner, max_size=5),
    max_leaves=10,
)


def json_reports() -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for JSON objects that name what a report names, with any values."""
    likely = {
        "timestamp": _times,
        "metadata": st.dictionaries(_texts | st.just("ANI"), _texts | st.just("33612345678")),
    }
    return st.fixed_dictionaries(
        {},
        optional={name: likely.get(name, _values) | _values for name in [*DOCUMENTED, "other"]},
    )
