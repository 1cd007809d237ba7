"""From a submitted form to a committed request, or to a reason that the visitor understands.

`accept.accept(Submission)` is the one way in, for the form and for every later one. `correction`
changes a waiting request's number; `taken_before` finds the request that a form has led to.
Public pages, commands and (later) the API call it.
"""
