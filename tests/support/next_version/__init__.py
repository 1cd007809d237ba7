"""The migrations of a version to come: ours and one more. For `MIGRATION_MODULES`."""

from pathlib import Path

from callbacks import migrations

# The last migration of this version.
PREVIOUS = max(path.stem for path in Path(*migrations.__path__).glob("[0-9]*.py"))
__path__ = [*migrations.__path__, *__path__]
