from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CallbacksConfig(AppConfig):
    name = "callbacks"
    verbose_name = _("Callbacks")

    def ready(self) -> None:
        from callbacks.accounts import built_in_roles
        from callbacks.operations import checks  # noqa: F401  (registers the system checks)

        post_migrate.connect(built_in_roles.write, sender=self)
