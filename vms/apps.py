from django.apps import AppConfig
from django.db.models import signals


class VmsConfig(AppConfig):
    name = "vms"
    verbose_name = "Confidential VMs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """What is known of people is forgotten whenever a row about them changes."""
        from vms.access.verified import forget_on_change

        for model in ("auth.User", "vms.Account", "vms.ApiToken"):
            for changed in (signals.post_save, signals.post_delete):
                changed.connect(forget_on_change, sender=model, weak=False)
