"""Django's admin, with our own site."""

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    default_site = "callbacks.staff.common.site.StaffAdminSite"

    def ready(self) -> None:
        super().ready()
        from callbacks.staff.accounts import sign_in  # noqa: F401  (listens to who signs in)
