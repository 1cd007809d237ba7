"""The states of a request, and the only code that changes them.

`transitions` holds the table of moves and writes each by compare-and-set; `actions` are what people
do with a request. Nothing else writes `CallRequest.status`; a test watches that.
"""
