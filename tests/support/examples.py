"""The examples of the documents, which tests run."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def example(name: str) -> str:
    """Return the code below the mark with this name in docs/webhooks.md."""
    text = (ROOT / "docs" / "webhooks.md").read_text()
    found = re.search(rf"<!-- example: {name} -->\n```\w+\n(.*?)```", text, re.DOTALL)
    assert found, name
    return found[1]
