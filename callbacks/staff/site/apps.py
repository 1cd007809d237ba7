"""Make Django use our admin site."""

from django.apps import apps
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy


class StaffAdminConfig(AdminConfig):
    """The configuration of `django.contrib.admin`, with our site."""

    default_site = "callbacks.staff.site.admin_site.StaffAdminSite"

    def ready(self) -> None:
        """Name the accounts in the breadcrumbs, and start listening to sign-ins."""
        super().ready()
        apps.get_app_config("auth").verbose_name = gettext_lazy("Accounts")
        # It connects its signal handlers, and needs the models, which Django has loaded by now.
        from callbacks.staff.accounts import sign_in  # noqa: F401, PLC0415
