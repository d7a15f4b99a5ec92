"""Data and constraints; no verbs. Verbs are in ``vms.actions``."""

from vms.models.access import Account, ApiToken
from vms.models.audit import AuditEntry
from vms.models.event import Event
from vms.models.gpu import Gpu
from vms.models.image import Image
from vms.models.node import Node
from vms.models.port import PortMapping
from vms.models.pull import Pull
from vms.models.vm import Vm

__all__ = ["Account", "ApiToken", "AuditEntry", "Event", "Gpu", "Image", "Node", "PortMapping", "Pull", "Vm"]
