"""What the call bot gets as email, if the company does not want the visitor's address there.

It is the text of the widget, in which `{id}` stands for the public ID of the request. It is made
once, when the request is accepted, and stored with it: every attempt sends the same, even if the
company changes the text meanwhile.
"""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

ID = "{id}"
LONGEST = 200  # with the public ID, it is within the 254 characters that the bot gets at most


def check(text: str) -> None:
    """Raise `ValidationError` if the text has another placeholder than one `{id}`."""
    if set(text.replace(ID, "", 1)) & set("{}"):
        raise ValidationError(
            _("The only placeholder is {id}, once: it becomes the public ID of the request.")
        )


def of(text: str, public_id: str) -> str:
    """Return what the bot gets as email for this request; "" for the visitor's address."""
    return text.replace(ID, public_id)
