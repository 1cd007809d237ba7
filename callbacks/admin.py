from callbacks.desk import (  # noqa: F401  (registers them)
    blocks,
    people,
    requests,
    widgets,
)
