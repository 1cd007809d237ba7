from callbacks.desk import people, requests, widgets  # noqa: F401  (registers them)
