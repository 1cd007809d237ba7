"""The Django project around the app `callbacks`: settings, entry point, what surrounds a request.

- `settings` reads the environment through `environment`; docs/settings.md lists the variables.
- `wsgi` is the entry point of the web process; `gunicorn_worker` is how gunicorn runs it, and
  `gunicorn_alone` how it does so without a master.
- `headers`, `language` and `bodies` hold for every request and every answer.
- `postgresql`, `sqlite`, `transaction_settings` and `durability` make sure that a commit is on the
  disk before it is answered.
- `logging` removes personal data from what is logged.
- `formats` says how dates are shown; `unfold` says how the admin looks.
- `addresses`: read addresses from the environment: of web pages, of hosts and of networks.
- `error_reports`: report errors to Sentry, or to what speaks its language, if `SENTRY_DSN` is set.
- `secret_files`: read secrets from files, as container platforms and systemd pass them.
- `static_files`: let several versions share one folder of static files: each has a list (manifest)
  of its own.
- `storages`: read where the database and the cache are, and set how they are used.
- `traces`: send traces to an OpenTelemetry collector, if `OTEL_EXPORTER_OTLP_ENDPOINT` is set.
- `urls`: the addresses of the site.
- `version`: the version of this program.

In `callbacks`, only system checks, exports, metrics, the health page and commands import parts of
it.
"""

from callbacks.core.hidden_packages import hidden

# For tracebacks in colour, which our logs do not have, structlog loads this one: 4 MB (measured).
with hidden("rich"):
    import structlog  # noqa: F401
