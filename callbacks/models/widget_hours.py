"""When a widget's visitors can be called: opening hours, public holidays, and times to choose."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from callbacks.core import clock
from callbacks.hours import hours_syntax, public_holidays, sales_hours, time_zones
from callbacks.hours.opening_hours import OpeningHours, in_both, open_periods

LONGEST_SLOT_MINUTES = 8 * 60
_ONE_DAY = timedelta(days=1)
_COMPARED_WITH_LEGAL_HOURS = timedelta(days=92)


class WhenClosed(models.TextChoices):
    """What visitors are offered outside the opening hours."""

    OFFER_TIMES = "offer_times", _("Offer times, and a call at the next opening")
    NEXT_OPENING = "next_opening", _("Offer a call at the next opening only")
    MESSAGE = "message", _("Show a message only")
    HIDE = "hide", _("Hide the floating button")


def _are_keys(value: object) -> bool:
    """Return whether `value` is a list of texts without duplicates."""
    return (
        isinstance(value, list)
        and all(isinstance(key, str) for key in value)
        and len(set(value)) == len(value)
    )


def check_keys(value: object) -> None:
    """Validate a list of keys of public holidays.

    Raises:
        ValidationError: if it is no list of texts, or has one of them twice.
    """
    if not _are_keys(value):
        raise ValidationError(_("Enter a list of public holidays, each of them once."))


class WidgetHours(models.Model):
    """The part of a widget that says when its calls are placed."""

    time_zone = models.CharField(
        _("time zone"),
        max_length=time_zones.LONGEST_NAME,
        default="Europe/Paris",
        validators=[time_zones.check],
        help_text=_("The opening hours are meant in this time zone."),
    )
    # Set by `clean`. A widget without hours is always open.
    has_hours = models.BooleanField(_("has opening hours"), default=False, editable=False)
    opening_hours = models.TextField(
        _("opening hours"),
        blank=True,
        max_length=hours_syntax.LONGEST_TEXT,
        validators=[hours_syntax.check],
        help_text=_(
            "For example Mo-Fr 09:00-12:00,14:00-18:00. Leave empty to place calls at any time."
        ),
    )
    holidays = models.CharField(
        _("public holidays"),
        max_length=public_holidays.LONGEST_PLACE,
        blank=True,
        validators=[public_holidays.check],
        help_text=_("The country, or a part of it: FR, FR-57 (Moselle) or FR-974 (Réunion)."),
    )
    holidays_off = models.JSONField(
        _("public holidays that count as ordinary days"),
        default=list,
        blank=True,
        validators=[check_keys],
    )
    sales_hours = models.BooleanField(
        _("legal hours for sales calls in France"),
        default=False,
        help_text=_(
            "Monday to Friday, 10:00–13:00 and 14:00–20:00 where the person called lives, not on "
            "public holidays. The law requires this of sales calls without the consumer’s prior "
            "consent."
        ),
    )
    slot_minutes = models.PositiveSmallIntegerField(
        _("length of a time slot (minutes)"),
        default=30,
        validators=[MinValueValidator(5), MaxValueValidator(LONGEST_SLOT_MINUTES)],
    )
    slot_capacity = models.PositiveSmallIntegerField(
        _("calls per time slot"),
        null=True,
        blank=True,
        default=1,
        validators=[MinValueValidator(1)],
        help_text=_("The most calls that visitors can book in one slot. Leave empty for no limit."),
    )
    slot_lead_minutes = models.PositiveSmallIntegerField(
        _("shortest notice (minutes)"),
        default=30,
        validators=[MaxValueValidator(14 * 24 * 60)],
        help_text=_("How long before it begins a time slot can still be chosen."),
    )
    days_ahead = models.PositiveSmallIntegerField(
        _("days ahead"),
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(90)],
        help_text=_("How many days ahead visitors can choose a time slot."),
    )
    when_closed = models.CharField(
        _("outside the opening hours"),
        max_length=20,
        choices=WhenClosed,
        default=WhenClosed.OFFER_TIMES,
    )
    waits_for_opening = models.BooleanField(
        _("call at the next opening"),
        default=False,
        help_text=_(
            "If the call could not start before closing, it starts at the next opening. If "
            "unticked, the person is not called."
        ),
    )
    # Up to when the rows of `OpenPeriod` are known. Empty while there are none.
    open_periods_until = models.DateTimeField(null=True, editable=False)
    # When the open periods last changed, and whether the times of the waiting requests have to be
    # worked out anew (`lifecycle.hours_changed`).
    hours_changed_at = models.DateTimeField(null=True, editable=False)
    has_old_times = models.BooleanField(default=False, editable=False)

    class Meta:
        abstract = True

    @property
    def own_zone(self) -> ZoneInfo:
        """The time zone in which the opening hours are meant."""
        return ZoneInfo(self.time_zone)

    @property
    def shown_zone(self) -> ZoneInfo:
        """The time zone in which people read times: the widget's if it has hours, or the site's."""
        return self.own_zone if self.has_hours else ZoneInfo(settings.TIME_ZONE)

    @property
    def offers_slots(self) -> bool:
        """Return whether visitors may choose a time slot."""
        return self.has_hours and self.when_closed == WhenClosed.OFFER_TIMES

    def clean(self) -> None:
        """Set what follows from other fields, and validate what they say together.

        Raises:
            ValidationError: by field, with sentences that say what is wrong.
        """
        super().clean()
        self.has_hours = bool(self.opening_hours) or self.sales_hours
        if self.opening_hours:
            try:
                hours = hours_syntax.read(self.opening_hours)
            except ValidationError:
                return  # the field's validator says so
            self.opening_hours = hours_syntax.written(hours)
            self._check_holidays(hours.on_public_holidays)
            self._check_legal_hours(hours)
        self._check_switched_off()

    def _check_holidays(self, has_rule: bool) -> None:
        """Refuse a place without a rule for its public holidays, and a rule without a place."""
        if has_rule and not self.holidays:
            raise ValidationError(
                {
                    "holidays": _(
                        "The opening hours mention public holidays (PH). Choose the country whose "
                        "holidays they are."
                    )
                }
            )
        if self.holidays and not has_rule:
            raise ValidationError(
                {
                    "opening_hours": _(
                        "Say what happens on public holidays: add PH off if it is closed, or "
                        "PH 10:00-12:00."
                    )
                }
            )

    def _check_legal_hours(self, hours: OpeningHours) -> None:
        """Refuse hours that are never within the legal hours of sales calls.

        They are compared for the next weeks, in each region where the widget may call. Hours that
        are not open in these weeks are accepted.
        """
        is_known = self.time_zone in time_zones.names()
        if not self.sales_hours or not is_known or not _are_keys(self.holidays_off):
            return
        if self.holidays and self.holidays not in public_holidays.places():
            return
        today = clock.now().date()
        first, last = today - _ONE_DAY, today + _COMPARED_WITH_LEGAL_HOURS
        holidays = public_holidays.between(self.holidays, self.holidays_off, first, last)
        own = open_periods(hours, self.own_zone, first, last, holidays)
        # A day more at each end, because a day begins earlier or later in other zones.
        around = first - _ONE_DAY, last + _ONE_DAY
        if own and not any(
            in_both(own, sales_hours.legal_periods(zone, *around))
            for zone in sales_hours.zones_of(getattr(self, "allowed_regions", None) or ["FR"])
        ):
            raise ValidationError(
                {
                    "sales_hours": _(
                        "The opening hours are never within the legal hours for sales calls "
                        "(Monday to Friday, 10:00–13:00 and 14:00–20:00). Nobody could be called."
                    )
                }
            )

    def _check_switched_off(self) -> None:
        """Refuse the keys of holidays that the place does not have."""
        if not self.holidays_off:
            return
        if not _are_keys(self.holidays_off) or self.holidays not in public_holidays.places():
            return  # the fields' validators say so
        year = clock.now().year
        known = dict.fromkeys(
            holiday.key
            for one in (year, year + 1)
            for holiday in public_holidays.in_year(self.holidays, one, "en")
        )
        unknown = [key for key in self.holidays_off if key not in known]
        if unknown:
            raise ValidationError(
                {
                    "holidays_off": ValidationError(
                        _("Unknown public holidays: %(unknown)s. Those of %(place)s: %(known)s."),
                        params={
                            "unknown": ", ".join(unknown),
                            "place": self.holidays,
                            "known": ", ".join(known),
                        },
                    )
                }
            )
