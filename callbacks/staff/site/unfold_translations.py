"""The words of unfold that our pages show, for translation.

Unfold brings no translations. `makemessages` finds the words here, and Django looks up the
translations of this project first.
"""

from django.utils.translation import gettext_noop as _

WORDS = (
    _("After you've created a user, you’ll be able to edit more user options."),
    _("Apply Filters"),
    _("By %(filter_title)s"),
    _("Choose file to upload"),
    _("Click here to select the objects across all pages"),
    _("Click to cancel"),
    _("Dark"),
    _("Date from"),
    _("Date to"),
    _("False"),
    _("Filters"),
    _("From"),
    _("Light"),
    _("Run the selected action"),
    _("Select action"),
    _("Select action to run"),
    _("Select record"),
    _("Select value"),
    _("System"),
    _("This item will be deleted."),
    _("To"),
    _("Toggle password visibility"),
    _("True"),
    _("Type to search"),
    _("Welcome back to"),
    _("You have been successfully logged out from the administration"),
)
