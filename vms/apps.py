from django.apps import AppConfig


class VmsConfig(AppConfig):
    name = "vms"
    verbose_name = "Confidential VMs"
    default_auto_field = "django.db.models.BigAutoField"
