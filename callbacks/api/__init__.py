"""The JSON API under `/api/v1/`, for a company's own systems (`docs/api.md`).

- `routes` puts it together. `requests` and `widgets` hold one resource each.
- `browser` is for the pages of a widget's sites, without a key; `cors` says which pages those are.
- `authentication` reads the key, checks its scope, and counts its use.
- `problems` and `middleware` turn every error into a problem document (RFC 9457).

Its rules are those of the form: `intake` and `lifecycle` decide. Only web processes import
django-ninja, and only once somebody uses the API: `middleware` names `routes` by its path.
"""
