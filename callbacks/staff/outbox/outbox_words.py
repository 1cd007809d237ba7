"""Why a message was not sent, in words."""

from django.utils.translation import gettext as _

from callbacks.notifications import outbox


def problem_in_words(code: str) -> str:
    """Return why the last attempt did not send a message; another code as it is."""
    words = {
        outbox.REFUSED: _("The mail server refuses this address or this message"),
        "mail_away": _("The mail server is unavailable"),
        "told_lately": _("This recipient was told of the same problem shortly before"),
        "address_not_allowed": _("Webhooks may not be sent to this address"),
        "no_answer_in_time": _("No answer within 10 seconds"),
        "not_wanted": _("The endpoint no longer wants this event"),
        "opted_out": _("The visitor wants no more emails"),
        "too_many": _("This address has already had three emails today"),
        "mail_off": _("Emails to visitors are off"),
        "superseded": _("A later email says what is true now"),
        "outdated": _("It was no longer true, or too late"),
        "erased": _("The request was erased"),
        "test_call": _("A test call"),
        "no_address": _("The request has no valid email address"),
        "unsubscribed": _("The recipient has unsubscribed"),
        "nothing_happened": _("Nothing happened that day"),
        "seen": _("Somebody has opened the request"),
        "unreadable": _("The address cannot be decrypted"),
        "no_recipient": _("The recipient was removed from the settings"),
    }
    if code.startswith("http_"):
        return _("The endpoint answered with HTTP status %(status)s") % {
            "status": code.removeprefix("http_")
        }
    return words.get(code, code)
