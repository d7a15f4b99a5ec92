"""Django admin, for operators: what the database holds, and the three verbs on VMs."""

from vms.admin import audit, people, rows, vms
from vms.admin.site import site

__all__ = ["audit", "people", "rows", "site", "vms"]
