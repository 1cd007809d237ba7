"""Why an action on a request was not done."""

from callbacks.lifecycle.transitions import NotAllowed


class NeedsCheck(Exception):
    """The visitor may have been called already: let staff check, then pass `checked=True`."""


class ConsentWithdrawn(NotAllowed):
    """The visitor has withdrawn the consent to this request, so nobody may call them for it."""


class NeverOpens(NotAllowed):
    """The widget has opening hours, and none are ahead in which the visitor may be called."""


class SlotGone(NotAllowed):
    """The time slot that the person chose is full, over, or no longer offered."""


class NothingToConfirm(NotAllowed):
    """No confirmation is possible or needed.

    The time slot is over or has begun, or lies inside the opening hours, or there is none. Or the
    widget keeps to the legal hours for sales calls, outside of which nobody may confirm a call.
    """
