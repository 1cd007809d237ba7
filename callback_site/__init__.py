"""The Django project around the app `callbacks`: settings, entry point, what surrounds a request.

- `settings` reads the environment through `environment`; docs/settings.md lists the variables.
- `wsgi` is the entry point of the web process; `gunicorn_worker` is how gunicorn runs it.
- `headers`, `language` and `bodies` hold for every request and every answer.
- `postgresql`, `sqlite`, `transaction_settings` and `durability` make sure that a commit is on the
  disk before it is answered.
- `logging` removes personal data from what is logged.
- `formats` says how dates are shown; `unfold` says how the admin looks.

In `callbacks`, only system checks, exports, metrics, the health page and commands import parts of
it.
"""
