"""Methods about the nodes that share one database."""

from __future__ import annotations

from vms.prpc.openapi.words.base import MethodWords
from vms.prpc.openapi.words.fields import Words
from vms.prpc.openapi.words.machines import ID

TAG = "Nodes"
NODE = {"By name": {"name": "rack-3"}}
OF_NODE = "The node's name; empty: the one that is asked."

METHODS = {
    "ListNodes": MethodWords(
        TAG,
        "All nodes",
        "Every host that shares this server's database; one that works alone is the only one. `state` is "
        "`up`, `lost` (not heard of any more: what its VMs do is not known) or `ended`. `…_used` is what its "
        "VMs have that run or should, sizes are in MB.",
        answers={
            "One node": {
                "nodes": [
                    {
                        "id": 3,
                        "name": "rack-3",
                        "state": "up",
                        "cordoned": False,
                        "draining": "",
                        "is_this": True,
                        "platform": "tdx",
                        "state_since_ms": None,
                        "version": "0.6.0",
                        "rev": "abc1234",
                        "accelerator": "kvm",
                        "address": "https://rack-3.example.com:12000",
                        "vcpus": 64,
                        "memory_mb": 515442,
                        "disk_total_mb": 1830912,
                        "disk_free_mb": 1231872,
                        "vcpus_used": 12,
                        "memory_mb_used": 49152,
                        "max_vcpu": 60,
                        "max_memory_mb": None,
                        "vms_running": 5,
                        "vms": 7,
                        "images": 2,
                        "gpus": 8,
                        "gpus_free": 6,
                        "load": {"cpu": 17, "memory_mb": 51200, "at_ms": 1796040000000},
                        "findings": 1,
                        "missing": "",
                    }
                ]
            }
        },
    ),
    "CordonNode": MethodWords(
        TAG,
        "Place no new VM on a node",
        "The VMs that it has run on, and can be started.",
        NODE,
        failures=(404,),
    ),
    "UncordonNode": MethodWords(
        TAG,
        "Let VMs be placed on a node again",
        "Ends a drain, too.",
        NODE,
        failures=(404,),
    ),
    "DrainNode": MethodWords(
        TAG,
        "Cordon a node and empty it",
        "`how` is `stop` (the guest of each VM is asked to power off, and none is started there until the "
        "node is uncordoned) or `wait` (they run until somebody stops them). Tells which VMs still run.",
        {"Stop its VMs": {"name": "rack-3", "how": "stop"}},
        {"One VM runs": {"running": [ID]}},
        (404, 409, 503),
    ),
    "RemoveNode": MethodWords(
        TAG,
        "Forget a node that is gone for good",
        "Refused while its server is up, or VMs are on it; the message names them.",
        NODE,
        failures=(404, 409),
    ),
}

FIELDS: dict[str, dict[str, Words]] = {
    "NodeVerdict": {"problem": "Why CreateVm would not make it there; empty where nothing is known."},
    "OfNode": {"node": OF_NODE},
    "DeleteImageRequest": {"node": OF_NODE},
    "PullRegistryImageRequest": {"nodes": "Names of nodes, or `*`; empty: the one that is asked."},
    "DrainNodeRequest": {"how": "`stop` or `wait`."},
    "FleetNode": {
        "state": ("Whether its worker is there to act.", {"enum": ["up", "lost", "ended"]}),
        "draining": ("How it is being emptied, if it is.", {"enum": ["", "stop", "wait"]}),
        "is_this": "Whether it is the one that answers.",
        "state_since_ms": "When a node that isn't up was last heard of.",
        "address": "The URL by which other nodes reach it.",
        "findings": "How many things its host lacks; its own GetHost tells which.",
        "missing": "What confidential VMs lack there.",
    },
    "NodeLoad": {"cpu": "Percent of all CPUs.", "memory_mb": "In use on the host, by VMs and all else."},
}
