"""Make Django use our admin site."""

from django.apps import apps
from django.contrib.admin.apps import AdminConfig
from django.db import connection
from django.utils.translation import gettext_lazy

from callbacks.core.hidden_packages import hidden


class StaffAdminConfig(AdminConfig):
    """The configuration of `django.contrib.admin`, with our site."""

    default_site = "callbacks.staff.site.admin_site.StaffAdminSite"

    def ready(self) -> None:
        """Name the accounts in the breadcrumbs, and start listening to sign-ins."""
        # Unfold loads this package, and with it the client of PostgreSQL: 6 MB (measured).
        unused = () if connection.vendor == "postgresql" else ("django.contrib.postgres",)
        with hidden(*unused):
            super().ready()
        apps.get_app_config("auth").verbose_name = gettext_lazy("Accounts")
        # It connects its signal handlers, and needs the models, which Django has loaded by now.
        from callbacks.staff.accounts import sign_in  # noqa: F401, PLC0415
