"""The widgets, in the admin: the list, and the form with its tabs."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, re_path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callbacks.accounts import audit_log
from callbacks.models import OutboxMessage, Widget
from callbacks.staff.common.current_user import current_user
from callbacks.staff.common.model_admin import StaffModelAdmin
from callbacks.staff.widgets import (
    origin_check,
    preview,
    recipients_page,
    snippet_list,
    tabs,
    text_inline,
    widget_links,
    widget_tools,
)
from callbacks.staff.widgets.fields import field_list
from callbacks.staff.widgets.hours import form as hours_form
from callbacks.staff.widgets.hours import hours_view, offer_view, week_picture
from callbacks.staff.widgets.paused_filter import PausedFilter
from callbacks.staff.widgets.topics import topic_list
from callbacks.staff.widgets.widget_columns import WidgetColumns
from callbacks.staff.widgets.widget_form import WidgetForm
from callbacks.widget_changes import widget_store

PACE = ("patience_minutes", "calls_per_minute", "simultaneous_calls", "call_seconds")
STORAGE = ("retention_months", "proof_months", "address_days")


@admin.register(Widget)
class WidgetAdmin(WidgetColumns, StaffModelAdmin):
    form = WidgetForm
    inlines = [text_inline.TextInline]
    list_display = ("shown_name", "shown_active", "originate", "regions", "public_id", "page_link")
    list_filter = ("is_active", PausedFilter)
    search_fields = ("name", "originate", "public_id")
    search_help_text = gettext_lazy("Name, scenario or public ID")
    actions = None  # a list of actions makes it easy to delete many by mistake
    readonly_fields = ("public_id", "page_address", "usage")
    radio_fields = {"when_closed": admin.VERTICAL}
    view_on_site = False
    change_form_template = "staff/widget.html"
    warn_unsaved_form = True

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in {"is_active__exact", "is_paused__exact"} and "\0" not in value

    # The class of each fieldset names its tab (see `tabs`).
    fieldsets = (
        (
            None,
            {
                "classes": ("general",),
                "fields": (
                    "name",
                    "originate",
                    "bot_email",
                    "is_active",
                    "is_paused",
                    "allowed_regions",
                    "email_required",
                    "mails_visitors",
                    "unseen_minutes",
                ),
            },
        ),
        (
            None,
            {
                "classes": ("company",),
                "fields": (
                    *("company_name", "contact", "privacy_url", "caller_number"),
                    "shows_sales_call_notice",
                ),
            },
        ),
        (None, {"classes": ("look",), "fields": ("accent_colour", "language")}),
        *hours_form.FIELDSETS,
        (gettext_lazy("Calls"), {"classes": ("limits",), "fields": PACE}),
        (
            gettext_lazy("Against abuse"),
            {
                "classes": ("limits",),
                "fields": ("hourly_cap", "daily_cap", "usage", "proof_of_work"),
            },
        ),
        (None, {"classes": ("privacy",), "fields": STORAGE}),
        (
            None,
            {
                "classes": ("install",),
                "fields": ("allowed_origins", "campaign_names", "page_address", "public_id"),
            },
        ),
    )

    # -- pages ------------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "callbacks_widget"
        return [
            path("preview/", wrap(preview.page), name=f"{name}_preview"),
            re_path(
                r"^preview/(?P<colour>[0-9a-fA-F]{6})\.css$",
                wrap(preview.style),
                name=f"{name}_preview_style",
            ),
            path("<int:pk>/offer/", wrap(offer_view.view), name=f"{name}_offer"),
            path("hours/", wrap(hours_view.view), name=f"{name}_hours"),
            path("check/", wrap(origin_check.view), name=f"{name}_check"),
            path("<int:pk>/allow/", wrap(origin_check.allow), name=f"{name}_allow"),
            path("<int:pk>/pause/", wrap(widget_tools.pause), name=f"{name}_pause"),
            path("<int:pk>/duplicate/", wrap(widget_tools.duplicate), name=f"{name}_duplicate"),
            *field_list.urls(wrap, name),
            *topic_list.urls(wrap, name),
            path("<int:pk>/secret/", wrap(widget_tools.secret), name=f"{name}_secret"),
            path("<int:pk>/mails/", wrap(recipients_page.page), name=f"{name}_mails"),
            path(
                "<int:pk>/mails/<int:recipient_pk>/remove/",
                wrap(recipients_page.remove),
                name=f"{name}_mails_remove",
            ),
            *super().get_urls(),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        widget = self.row(request, object_id) if object_id else None
        context = {
            "preview_languages": settings.LANGUAGES,
            "snippets": snippet_list.of(widget) if widget else [],
            "tools": widget_links.tools(widget, request) if widget else [],
            "allow_url": widget_links.allow_url(widget, request) if widget else "",
            **field_list.of(widget, request),
            **topic_list.of(widget, request),
        }
        return super().changeform_view(  # type: ignore[no-any-return]
            request, object_id, form_url, context | (extra_context or {})
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        parts = tabs.of(context["adminform"], context["inline_admin_formsets"])
        more = {
            "tabs": parts,
            "wrong_tabs": [tab for tab in parts if tab.errors],
            "picture": week_picture.of_form(context["adminform"].form),
        }
        return super().render_change_form(request, context | more, *args, **kwargs)  # type: ignore[no-any-return]

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Widget, inline: Any, prefix: str
    ) -> dict[str, Any]:
        """Offer a text in each language that has none.

        A text that nobody fills in is not saved.
        """
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        missing = text_inline.languages_without_text(obj if obj.pk else None)
        initial = [{"language": code} for code in missing]
        return kwargs | {"initial": initial, "form_kwargs": {"of_widget": obj}}

    def save_model(self, request: HttpRequest, obj: Widget, form: Any, change: bool) -> None:
        """Save the widget, and what follows from its settings.

        A pause that was ticked here lasts until a person ends it.
        """
        if "is_paused" in form.changed_data:
            obj.paused_until = None
        if change:  # they have pages of their own, and may have changed since the widget was read
            locked = Widget.objects.select_for_update(no_key=True).filter(pk=obj.pk)
            obj.extra_fields = locked.values_list("extra_fields", flat=True).get()
        widget_store.save(obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the texts, and record the change in the audit log."""
        super().save_related(request, form, formsets, change)
        changed = [*form.changed_data]
        changed += ["texts"] if any(formset.has_changed() for formset in formsets) else []
        person, widget = current_user(request), form.instance
        if change:
            widget_store.record_change(widget, changed, form.initial, person=person)
        else:
            audit_log.record(person, "widget.add", widget, changed=changed)
        if "is_paused" in changed:
            verb = "pause" if widget.is_paused else "resume"
            audit_log.record(person, f"widget.{verb}", widget)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Return what is deleted with the widget.

        The list of what its recipients were sent goes along. Nobody may delete it by itself, which
        is no reason to keep the widget.
        """
        found, counts, needed, protected = super().get_deleted_objects(objs, request)
        return found, counts, needed - {OutboxMessage._meta.verbose_name}, protected

    def delete_model(self, request: HttpRequest, obj: Widget) -> None:
        """Delete the widget, and record it in the audit log."""
        audit_log.record(current_user(request), "widget.delete", obj)
        super().delete_model(request, obj)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Delete a widget that was never used.

        A widget with requests stays: they are the record of who was called.
        """
        widget = self.row(request, object_id)
        if widget is not None and self.has_delete_permission(request, widget):
            if widget.requests.exists():
                return self._refuse_to_delete(request, widget)
            try:
                # A visitor may make a request at this moment, which the database then protects.
                with transaction.atomic():
                    return super().delete_view(request, object_id, extra_context)  # type: ignore[no-any-return]
            except IntegrityError:  # from the database, or from Django's own check
                return self._refuse_to_delete(request, widget)
        return super().delete_view(request, object_id, extra_context)  # type: ignore[no-any-return]

    def _refuse_to_delete(self, request: HttpRequest, widget: Widget) -> HttpResponse:
        """Say why the widget cannot be deleted."""
        sentence = _(
            "“%(widget)s” cannot be deleted, because it has requests, which show who was called "
            "and why. To take its form offline, untick “active” instead."
        )
        messages.error(request, sentence % {"widget": widget})
        return HttpResponseRedirect(reverse("admin:callbacks_widget_change", args=[widget.pk]))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Widget]:
        rows: QuerySet[Widget] = super().get_queryset(request)
        return rows.prefetch_related("topic_of__widget")
