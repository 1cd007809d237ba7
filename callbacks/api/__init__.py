"""The JSON API under `/api/v1/`, for a company's own systems (`docs/api.md`).

- `routes` puts it together. `requests` and `widgets` hold one resource each.
- `browser` is for the pages of a widget's sites, without a key; `cors` says which pages those are.
- `authentication` reads the key, checks its scope, and counts its use.
- `problems` and `middleware` turn every error into a problem document (RFC 9457).
- `blocks`: the block list: numbers, beginnings of numbers, email domains and networks that get no
  call.
- `creating`: create a request for a system of the company, which says that the visitor agreed.
- `cursor`: where a page of a list ends: a signed text, which stays right when rows are added or
  deleted.
- `docs_page`: the OpenAPI document as a page: plain HTML, without a script and from our own server
  alone.
- `documents`: the OpenAPI document: problems have a media type and a schema of their own.
- `fields`: the additional fields of a widget, and the answers to them.
- `idempotency`: read the header `Idempotency-Key` of a POST.
- `listing`: the list of requests, and the search in it.
- `refusals`: turn a refusal by `intake` into a problem document, with the sentence for the visitor.
- `representation`: what the API says about a request.
- `strict_json`: read the body of a request as JSON that means one thing only (RFC 7493).
- `usage`: how much of the limits is used.
- `values`: types of values that several operations take.

Its rules are those of the form: `intake` and `lifecycle` decide. Only web processes import
django-ninja, and only once somebody uses the API: `middleware` names `routes` by its path.
"""
