"""Create the tables of the engine's own storage, if it has any."""

import django

django.setup()

from huey.contrib.djhuey import HUEY  # noqa: E402

if hasattr(HUEY.storage, "initialize_schema"):
    HUEY.storage.initialize_schema()
