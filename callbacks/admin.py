from callbacks.desk import (  # noqa: F401  (registers them)
    blocks,
    consent,
    people,
    privacy,
    refusals,
    requests,
    trail,
    widgets,
)
