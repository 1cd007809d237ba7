"""Keep a library from loading packages that this site does not use.

Some libraries load a package whenever it is installed. All processes would keep it in memory.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hidden(*packages: str) -> Iterator[None]:
    """Let imports inside the block find none of these packages, unless they are loaded already."""
    found = [package for package in packages if package not in sys.modules]
    sys.modules.update(dict.fromkeys(found))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for package in found:
            del sys.modules[package]
