"""The desk: where staff see every request, why it failed, and try again. Django's admin, by unfold.

What staff do goes through `callbacks.actions` and `callbacks.gate`; nothing here writes a status.
"""
