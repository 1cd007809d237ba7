"""Build an email to the team: plain text and HTML, with its headers."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, get_language_bidi

from callbacks.models import TeamMailRecipient
from callbacks.notifications import mail
from callbacks.team_mails import unsubscribing
from callbacks.team_mails.words import Words
from callbacks.widgets import colours


def email(recipient: TeamMailRecipient, said: Words, name: str) -> EmailMultiAlternatives:
    """Return the email with these words, in the active language.

    `name` is what the Message-ID is made from (`mail.message_id`).
    """
    stop_link = unsubscribing.link(recipient)
    context = {
        "language": get_language(),
        "is_right_to_left": get_language_bidi(),
        "said": said,
        "widget": recipient.widget,
        "with_contact": recipient.with_contact,
        "palette": colours.palette(recipient.widget.accent_colour),
        "list_link": settings.PUBLIC_URL + reverse("admin:callbacks_callrequest_changelist"),
        "stop_link": stop_link,
    }
    built = mail.Email(
        mail.one_line(said.subject),
        render_to_string("mail/team.txt", context),
        settings.DEFAULT_FROM_EMAIL,
        [recipient.email],
        headers={
            "Message-ID": mail.message_id(name),
            # RFC 8058: a mail program stops the emails with one POST.
            "List-Unsubscribe": f"<{stop_link}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            # RFC 3834: no program should answer it.
            "Auto-Submitted": "auto-generated",
        },
    )
    built.attach_alternative(render_to_string("mail/team.html", context), "text/html")
    return built
