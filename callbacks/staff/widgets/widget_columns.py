"""What the list of widgets and the page of one show that is no field of the table."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callbacks.abuse import limit_usage
from callbacks.core import clock
from callbacks.models import Widget
from callbacks.scheduling import pauses
from callbacks.staff.common.formatting import badge, moment
from callbacks.staff.widgets import widget_links


class WidgetColumns:
    """The columns and read-only fields that are computed."""

    @admin.display(description=gettext_lazy("name"), ordering="name")
    def shown_name(self, widget: Widget) -> SafeString | str:
        names = [str(one.widget) for one in widget.topic_of.all() if one.widget_id != widget.pk]
        if not names:
            return widget.name
        sentence = _("topic of %(widgets)s") % {"widgets": ", ".join(names)}
        return format_html('{} <span class="staff-faint">({})</span>', widget.name, sentence)

    @admin.display(description=gettext_lazy("active"), ordering="is_active")
    def shown_active(self, widget: Widget) -> SafeString:
        if not widget.is_active:
            return badge(_("Inactive"), "cancelled")
        if pauses.lasts(widget):
            until = widget.paused_until and moment(widget.paused_until)
            text = _("Paused until %(time)s") % {"time": until} if until else _("Paused")
            return badge(text, "uncertain")
        return badge(_("Active"), "called")

    @admin.display(description=gettext_lazy("countries"))
    def regions(self, widget: Widget) -> str:
        return ", ".join(widget.allowed_regions)

    @admin.display(description=gettext_lazy("page"))
    def page_link(self, widget: Widget) -> SafeString | str:
        address = widget_links.page_address(widget)
        if not address:
            return ""
        return format_html(
            '<a class="staff-link" href="{}" target="_blank" rel="noopener">{}</a>',
            address,
            _("Open"),
        )

    @admin.display(description=gettext_lazy("address"))
    def page_address(self, widget: Widget) -> SafeString | str:
        address = widget_links.page_address(widget) if widget.pk else ""
        if not address:
            return _("The address to link to appears here after you save.")
        return format_html(
            '<span class="staff-copy"><a class="staff-link" href="{0}" target="_blank" '
            'rel="noopener">{0}</a> <button type="button" class="staff-button" '
            'data-copy="{0}" data-copied="{2}" hidden>{1}</button></span>',
            address,
            _("Copy"),
            _("Copied"),
        )

    @admin.display(description=gettext_lazy("used up"))
    def usage(self, widget: Widget) -> str:
        if not widget.pk:
            return "–"
        used = limit_usage.usage(widget, clock.now())
        return _(
            "%(hour)d of %(hourly)d in the last hour; %(day)d of %(daily)d in the last 24 hours, "
            "including %(retries)d retried by staff"
        ) % {
            "hour": used.hour,
            "hourly": widget.hourly_cap,
            "day": used.day,
            "daily": widget.daily_cap,
            "retries": used.retries,
        }
