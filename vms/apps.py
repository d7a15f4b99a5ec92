from django.apps import AppConfig
from django.db.models import signals


class VmsConfig(AppConfig):
    name = "vms"
    verbose_name = "Confidential VMs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Forget what is known of people when a row about them changes; guard the audit log."""
        from vms.access.verified import forget_on_change
        from vms.models.append_only import guard

        signals.post_migrate.connect(guard, sender=self)

        for model in ("auth.User", "vms.Account", "vms.ApiToken"):
            for changed in (signals.post_save, signals.post_delete):
                changed.connect(forget_on_change, sender=model, weak=False)
