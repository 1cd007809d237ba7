"""Times in words, in the site's time zone and the active language."""

from datetime import datetime, timedelta, tzinfo

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

# A nearer time is shown to the minute; see `another_from`.
EXACT_UNTIL = timedelta(minutes=5)


def clock_time(at: datetime, zone: tzinfo | None = None) -> str:
    """Return hours and minutes in `zone`, or in the site's time zone."""
    # Translators: a time of day, as Django's "date" filter formats it.
    return date_format(localtime(at, zone), pgettext("time of day", "H:i"))


def moment(at: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """Return hours and minutes, with the day unless it is today.

    They are those of `zone`, or of the site's time zone.
    """
    there = localtime(at, zone)
    hours = clock_time(at, zone)
    if there.date() == localtime(now, zone).date():
        return hours
    return _("%(time)s on %(day)s") % {
        "time": hours,
        "day": date_format(there, "MONTH_DAY_FORMAT"),
    }


def day(at: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """Return the day in words, for the middle of a sentence: today, or on December 7."""
    there = localtime(at, zone)
    if there.date() == localtime(now, zone).date():
        return pgettext("day of a call", "today")
    return _("on %(day)s") % {"day": date_format(there, "MONTH_DAY_FORMAT")}


def over_closing(closing: str, opening: str) -> str:
    """Return the sentence that a call may wait over a closing, with both times in words."""
    return _(
        "If we can't call you before we close (%(closing)s), we'll call you at our next opening: "
        "%(opening)s."
    ) % {"closing": closing, "opening": opening}


def another_from(at: datetime, now: datetime) -> str:
    """Return in words when another call can be asked for.

    A time more than `EXACT_UNTIL` ahead is rounded up to the full hour. The exact time would show
    when somebody else asked for a call to this number.
    """
    if at - now > EXACT_UNTIL:
        at = (at + timedelta(hours=1)).replace(minute=0)
    elif at.second or at.microsecond:
        at += timedelta(minutes=1)
    return _("You can ask for another call from %(time)s.") % {"time": moment(at, now)}
