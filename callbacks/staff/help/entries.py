"""An entry of the help page, and the sentences that several entries share."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy


@dataclass(frozen=True)
class Entry:
    """What the page explains about one status, reason or code.

    `name` is its anchor on the page. For a reason or a code, it is also the value in the database.
    """

    name: str
    title: Promise | str
    meaning: Promise | str
    what_to_do: Promise | str


NOTHING_SENT = gettext_lazy(
    "Nothing was sent, so no phone rang. The call is retried automatically until the maximum wait "
    "is over."
)
MAY_HAVE_RUNG = gettext_lazy(
    "The phone may have rung. Check in the call service's reports, or ask a colleague who may see "
    "the number to contact the person. If the call took place, mark the request as called. If "
    "not, retry."
)
NOBODY = gettext_lazy("Nothing to do: nobody will be called.")
NOTHING = gettext_lazy("Nothing to do.")
