from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CallbacksConfig(AppConfig):
    name = "callbacks"
    verbose_name = _("Callbacks")

    def ready(self) -> None:
        # Django has to know the models first.
        from callbacks.accounts import built_in_roles  # noqa: PLC0415
        from callbacks.operations import checks  # noqa: F401, PLC0415  (registers system checks)

        post_migrate.connect(built_in_roles.write, sender=self)
