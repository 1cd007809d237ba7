"""Django's admin, with our own site."""

from django.apps import apps
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy


class StaffAdminConfig(AdminConfig):
    default_site = "callbacks.staff.site.admin_site.StaffAdminSite"

    def ready(self) -> None:
        super().ready()
        apps.get_app_config("auth").verbose_name = gettext_lazy("Accounts")  # in breadcrumbs
        from callbacks.staff.accounts import sign_in  # noqa: F401  (listens to who signs in)
