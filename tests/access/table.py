"""What each route is for, and for whom: written from the issue and the wire's contract, not from the code.

Every URL pattern and websocket of the routers needs a row here; a test sees to that.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any

VM = "vm-of-the-owner"
STRANGERS_VM = "vm-of-the-stranger"
APP_ID = "e0" * 20


class Outcome(Enum):
    """What an answer says, whatever its form."""

    IN = "let in"
    UNKNOWN = "asked to log in"
    FORBIDDEN = "forbidden"
    HIDDEN = "told that there is no such VM"
    THROTTLED = "told to wait"
    BUG = "a bug"


class Who(StrEnum):
    """People: two members, of whom one owns the VM that is asked for, and one of each other role."""

    OWNER = "owner"
    STRANGER = "stranger"
    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


class Needs(Enum):
    """What somebody must be to be let in."""

    NOTHING = "not even a login"
    LOGIN = "anybody who has logged in"
    SEEING_VMS = "the owner, or whoever sees all VMs"
    STEERING_VMS = "the owner, or whoever runs all VMs"
    CHANGING_VMS = "the owner, or an admin"
    OWNING_VMS = "a member, whose the new VM then is, or an admin"
    SEEING_THE_NODE = "whoever sees more than VMs of their own"
    ADMIN = "an admin"
    NEVER = "nobody: what the worker wrote down is not edited by hand"

    @property
    def people(self) -> frozenset[Who]:
        return LET_IN[self]


LET_IN = {
    Needs.NOTHING: frozenset(Who),
    Needs.LOGIN: frozenset(Who),
    Needs.SEEING_VMS: frozenset(Who) - {Who.STRANGER},
    Needs.STEERING_VMS: frozenset({Who.OWNER, Who.OPERATOR, Who.ADMIN}),
    Needs.CHANGING_VMS: frozenset({Who.OWNER, Who.ADMIN}),
    Needs.OWNING_VMS: frozenset({Who.OWNER, Who.STRANGER, Who.ADMIN}),
    Needs.SEEING_THE_NODE: frozenset({Who.VIEWER, Who.OPERATOR, Who.ADMIN}),
    Needs.ADMIN: frozenset({Who.ADMIN}),
    Needs.NEVER: frozenset[Who](),
}


@dataclass(frozen=True)
class Row:
    """How a route is asked, by GET (a query), by POST (a body) or both; None where it takes no such request.

    ``of_vm``: it is about one VM, which is not there for whoever may not see it. ``filtered``: whoever
    is let in is told only of the VMs that they see.
    """

    needs: Needs
    get: str | None = None
    post: dict[str, Any] | None = None
    path: str = ""
    of_vm: bool = False
    filtered: bool = False
    browsers: bool = True
    """Whether a browser that goes there without a login is led to one."""

    by_token: Needs | None = None
    """Who is let in with a token, where that is not whoever is let in otherwise."""

    def outcome(self, who: Who, *, by_token: bool = False) -> Outcome:
        """What somebody is told who has proved who they are."""
        needs = self.by_token if by_token and self.by_token is not None else self.needs
        if who in needs.people:
            return Outcome.IN
        return Outcome.HIDDEN if self.of_vm and who is Who.STRANGER else Outcome.FORBIDDEN


CONFIGURATION = {
    "name": "made",
    "image": "dstack-test-0.5.3",
    "compose_file": '{"manifest_version": 2, "name": "made", "runner": "docker-compose",'
    ' "docker_compose_file": "services: {}"}',
    "vcpu": 1,
    "memory": 512,
    "disk_size": 1,
}
_OF_VM = {"id": VM}


def _about_vm(needs: Needs, **more: Any) -> Row:
    return Row(needs, post=_OF_VM | more, of_vm=True)


PRPC = {
    "CreateVm": Row(Needs.OWNING_VMS, post=CONFIGURATION),
    "CheckVm": Row(Needs.OWNING_VMS, post=CONFIGURATION),
    "StartVm": _about_vm(Needs.STEERING_VMS),
    "StopVm": _about_vm(Needs.STEERING_VMS),
    "ShutdownVm": _about_vm(Needs.STEERING_VMS),
    "RemoveVm": _about_vm(Needs.CHANGING_VMS),
    "UpdateVm": _about_vm(Needs.CHANGING_VMS, user_config="changed"),
    "UpgradeApp": _about_vm(Needs.CHANGING_VMS, user_config="changed"),
    "ResizeVm": _about_vm(Needs.CHANGING_VMS, vcpu=2),
    "GetComposeHash": Row(Needs.LOGIN, post=CONFIGURATION),
    "Status": Row(Needs.LOGIN, get="", post={}, filtered=True),
    "GetInfo": Row(Needs.LOGIN, get=f"id={VM}", post=_OF_VM, filtered=True),
    "ListEvents": Row(Needs.SEEING_VMS, get=f"id={VM}", post=_OF_VM, of_vm=True),
    "ListImages": Row(Needs.LOGIN, get="", post={}),
    "Version": Row(Needs.LOGIN, get="", post={}),
    "GetMeta": Row(Needs.LOGIN, get="", post={}),
    "ListGpus": Row(Needs.LOGIN, get="", post={}),
    "ListGpuDevices": Row(Needs.LOGIN, get="", post={}),
    "ListNodes": Row(Needs.SEEING_THE_NODE, get="", post={}),
    "CordonNode": Row(Needs.ADMIN, post={"name": "no-such-node"}),
    "UncordonNode": Row(Needs.ADMIN, post={"name": "no-such-node"}),
    "DrainNode": Row(Needs.ADMIN, post={"name": "no-such-node", "how": "wait"}),
    "RemoveNode": Row(Needs.ADMIN, post={"name": "no-such-node"}),
    "GetHost": Row(Needs.SEEING_THE_NODE, get="", post={}),
    "GetAppEnvEncryptPubKey": Row(Needs.LOGIN, get=f"app_id={APP_ID}", post={"app_id": APP_ID}),
    "ListRegistryImages": Row(Needs.LOGIN, get="", post={}),
    "PullRegistryImage": Row(Needs.ADMIN, post={"tag": "0.5.3"}),
    "DeleteImage": Row(Needs.ADMIN, post={"id": "dstack-none"}),
    "ReloadVms": Row(Needs.ADMIN, post={}),
    "SvList": Row(Needs.SEEING_THE_NODE, get="", post={}),
    "SvStop": Row(Needs.ADMIN, post=_OF_VM),
    "SvRemove": Row(Needs.ADMIN, post=_OF_VM),
}
GUEST = {
    **{
        name: Row(Needs.STEERING_VMS, get=f"id={VM}", post=_OF_VM, of_vm=True)
        for name in ("Info", "SysInfo", "NetworkInfo", "ListContainers")
    },
    "Shutdown": _about_vm(Needs.STEERING_VMS),
}
PAGES = {
    "api-docs/": Row(Needs.LOGIN, get=""),
    "api-docs/openapi.json": Row(Needs.LOGIN, get=""),
    "logs": Row(Needs.STEERING_VMS, get=f"id={VM}", of_vm=True),
    "healthz": Row(Needs.NOTHING, get=""),
    "snapshot": Row(Needs.LOGIN, get="", filtered=True),
    "^login/?$": Row(Needs.NOTHING, get="", path="login/"),
    "^logout/?$": Row(Needs.NOTHING, get="", path="logout/"),
    "set-up/<str:token>/": Row(Needs.NOTHING, get="", path="set-up/none/"),
    "metrics": Row(Needs.SEEING_THE_NODE, get=""),
    "access/audit.csv": Row(Needs.ADMIN, get=""),
    "access/audit.jsonl": Row(Needs.ADMIN, get=""),
    r"^(?!static/|ws/|prpc|guest/|api-docs/|metrics|favicon\.ico|robots\.txt).*$": Row(
        Needs.LOGIN, get="", path="vms/any"
    ),
    r"^prpc/(?P<method>.*)$": Row(Needs.LOGIN, post={}, path="prpc/Nothing"),
    r"^guest/(?P<method>.*)$": Row(Needs.LOGIN, post={}, path="guest/Nothing"),
}


@dataclass(frozen=True)
class Channel:
    """A websocket: who may open it, what to send, and who is then told ``told`` before ``until`` comes."""

    opens: Needs
    tells: Needs
    told: str
    until: str
    sends: tuple[dict[str, Any], ...] = ()
    of_vm: bool = False
    """It is about one VM, which is not there for whoever may not see it."""


WEBSOCKETS = {
    "ws/status": (
        Channel(Needs.LOGIN, Needs.SEEING_VMS, f'"id":"{VM}"', '"snapshot"'),
        Channel(Needs.LOGIN, Needs.SEEING_VMS, "secret-name", '"snapshot"'),
    ),
    "ws/figures": tuple(
        Channel(
            Needs.LOGIN,
            tells,
            told,
            '"vms":["nobody-2"]',
            (
                {"type": "watch", "vms": ["nobody", *vms], "node": node},
                {"type": "watch", "vms": ["nobody-2", *vms], "node": node},
            ),
        )
        for tells, told, vms, node in (
            (Needs.SEEING_VMS, f'"vm":"{VM}"', [VM], False),
            (Needs.SEEING_THE_NODE, '"vm":null', [], True),
        )
    ),
    "ws/console/<str:vm_id>": (
        Channel(Needs.STEERING_VMS, Needs.STEERING_VMS, "secret-name", '"state"', of_vm=True),
    ),
    "ws/logs/<str:vm_id>": (
        Channel(Needs.STEERING_VMS, Needs.STEERING_VMS, '"type":"hello"', '"hello"', of_vm=True),
    ),
}
"""The last of what is sent is answered last, so that it is known what was not told before it."""
