from callbacks.desk import people, requests, trail, widgets  # noqa: F401  (registers them)
