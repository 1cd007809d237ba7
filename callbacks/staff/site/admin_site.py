"""The admin site: unfold's, with a banner on each page and our own pages."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.i18n import set_language
from unfold.sites import UnfoldAdminSite

from callbacks.accounts.roles import may_see_requests
from callbacks.staff.accounts import password_reset, second_step, sign_in
from callbacks.staff.calling import call_switch_page
from callbacks.staff.common import background
from callbacks.staff.common.pages import staff_page
from callbacks.staff.health import health_page
from callbacks.staff.help import help_page
from callbacks.staff.overview import alert_views
from callbacks.staff.overview.dashboard import dashboard
from callbacks.staff.overview.todo_counts import to_do
from callbacks.staff.overview.warnings import staff_warnings
from callbacks.staff.privacy import consent_pages, erasure_pages, personal_data
from callbacks.staff.requests import bookings_page
from callbacks.staff.site import csp
from callbacks.staff.site.banner import banner


class StaffAdminSite(UnfoldAdminSite):  # type: ignore[misc]
    """Unfold's admin site, with our pages, the banner and the second step of sign-in."""

    def get_urls(self) -> list[URLResolver | URLPattern]:
        """Return the addresses of the tables and of the pages that belong to no table."""
        # "search" is unfold's search for tables. It puts what was typed, which may be a phone
        # number, into an address. "view_on_site" leads from a row to its public page without
        # checking a permission, and the page of a request belongs to its visitor.
        left_out = {"search", "view_on_site"}
        urls = [url for url in super().get_urls() if getattr(url, "name", None) not in left_out]
        pages = [
            path("calling/", self.admin_view(call_switch_page.page), name="calling"),
            path("bookings/", self.admin_view(bookings_page.page), name="bookings"),
            path("health/", self.admin_view(health_page.page), name="health"),
            path("help/", self.admin_view(help_page.page), name="help"),
            path("alerts/<int:pk>/over/", self.admin_view(alert_views.dismiss), name="alert_over"),
            path("language/", self.admin_view(require_POST(set_language)), name="language"),
            path("two-factor/", second_step.manage, name="second_step_manage"),
            path("two-factor/check/", second_step.check, name="second_step_check"),
            path("two-factor/set-up/", second_step.set_up, name="second_step_set_up"),
            path("two-factor/leave/", second_step.leave, name="second_step_leave"),
            *password_reset.urls,
            path("personal-data/", self.admin_view(personal_data.page), name="privacy"),
            path("retention/", self.admin_view(erasure_pages.retention), name="retention"),
            path(
                "certificate/<slug:number>/",
                self.admin_view(erasure_pages.certificate),
                name="certificate",
            ),
            path("consent/check/", self.admin_view(consent_pages.check), name="consent_check"),
            path("consent/<int:pk>/", self.admin_view(consent_pages.proof), name="consent_proof"),
            path(
                "consent/<int:pk>/json/",
                self.admin_view(consent_pages.as_json),
                name="consent_json",
            ),
            *urls,
        ]
        csp.apply(pages)
        return pages

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether the person is staff and has passed the second step of sign-in."""
        return bool(super().has_permission(request)) and not second_step.is_missing(request)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the sign-in page, and limit how often one client may try."""
        if request.method == "POST":
            wait = sign_in.too_many(request, "staff.sign_in", settings.RATE_SIGN_IN)
            if wait is not None:
                return sign_in.turned_away(request, wait)
        elif super().has_permission(request) and second_step.is_missing(request):
            return HttpResponseRedirect(second_step.address_for(request))
        return super().login(request, extra_context)  # type: ignore[no-any-return]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what all pages show. Accounts that may be here also see the banner."""
        # The breadcrumbs (unfold/helpers/header_title.html) link to the list as it was filtered.
        request.list_filters = request.GET.get("_changelist_filters", "")  # type: ignore[attr-defined]
        context: dict[str, Any] = super().each_context(request)
        context["element_classes"] = {"navigation_wrapper": "staff-navigation"}
        if self.has_permission(request):
            context["banner"] = banner()
        return context

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the overview. Answer a refresh with its changing part only."""
        context: dict[str, Any] = {
            "title": _("Overview"),
            "warnings": staff_warnings(request),
            "to_do": to_do(request),
            "now": timezone.now(),
        }
        if background.is_refresh(request):
            return staff_page(request, "staff/overview_live.html", **context)
        if may_see_requests(request.user):
            context |= dashboard(request)
        return super().index(request, context | (extra_context or {}))
