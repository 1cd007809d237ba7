"""Where staff see every request, why it failed, and try again: Django's admin, with unfold.

What staff do goes through `callbacks.lifecycle.actions` and `callbacks.dispatch.call_switch`;
nothing here writes a status.
"""
