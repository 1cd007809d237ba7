from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CallbacksConfig(AppConfig):
    name = "callbacks"
    verbose_name = _("Callbacks")

    def ready(self) -> None:
        # Django has to know the models first.
        from callbacks.accounts import built_in_roles  # noqa: PLC0415
        from callbacks.operations import checks  # noqa: F401, PLC0415  (registers system checks)

        # Only a site that has these settings has their packages, and needs the memory for them.
        if settings.SENTRY_DSN:
            from callback_site import error_reports  # noqa: PLC0415

            error_reports.begin(settings.SENTRY_DSN)
        if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
            from callback_site import traces  # noqa: PLC0415

            traces.begin(settings.OTEL_EXPORTER_OTLP_ENDPOINT, settings.OTEL_EXPORTER_OTLP_HEADERS)

        post_migrate.connect(built_in_roles.write, sender=self)
        post_migrate.connect(_create_functions, sender=self)


def _create_functions(**_options: object) -> None:
    """Create the functions of a call's statements in PostgreSQL: a receiver of `post_migrate`."""
    from callbacks.core import sql_functions  # noqa: PLC0415
    from callbacks.dispatch import claim  # noqa: PLC0415

    sql_functions.create(claim.FUNCTIONS)
