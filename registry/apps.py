from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = _("Registry")

    def ready(self) -> None:
        from registry import checks, foundations  # noqa: F401 (importing the checks registers them)

        pre_migrate.connect(foundations.require_forwards, sender=self)
        post_migrate.connect(foundations.lay, sender=self)
