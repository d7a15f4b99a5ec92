"""Methods that a VM's guest answers."""

from __future__ import annotations

from vms.prpc.openapi.words.base import MethodWords
from vms.prpc.openapi.words.fields import Words
from vms.prpc.openapi.words.machines import ID

TAG = "Guests"
BY_ID = {"By id": {"id": ID}}
FAILURES = (404, 409, 502, 503, 504)
_TOLD = (
    "What the guest's agent says of itself: its claims, not this server's. A plain guest with the QEMU guest "
    "agent knows less: 0 or empty is what it doesn't tell."
)

METHODS = {
    "Info": MethodWords(
        TAG,
        "Who a guest says it is",
        _TOLD,
        BY_ID,
        {
            "A dstack guest": {
                "version": "0.5.3",
                "app_id": "e0" * 20,
                "instance_id": "ab" * 20,
                "app_cert": "-----BEGIN CERTIFICATE-----\n…",
                "tcb_info": '{"mrtd":"…"}',
                "device_id": "cd" * 32,
            }
        },
        FAILURES,
    ),
    "SysInfo": MethodWords(
        TAG,
        "System, memory, load and disks of a guest",
        _TOLD,
        BY_ID,
        {
            "A small guest": {
                "os_name": "Debian GNU/Linux",
                "os_version": "12",
                "kernel_version": "6.1.0-28-amd64",
                "cpu_model": "Intel(R) Xeon(R) Platinum 8480+",
                "num_cpus": 2,
                "total_memory": 2054332416,
                "available_memory": 1720717312,
                "used_memory": 333615104,
                "free_memory": 1402535936,
                "total_swap": 0,
                "used_swap": 0,
                "free_swap": 0,
                "uptime": 4711,
                "loadavg_one": 12,
                "loadavg_five": 7,
                "loadavg_fifteen": 3,
                "disks": [
                    {
                        "name": "vdb",
                        "mount_point": "/data",
                        "total_size": 10502006784,
                        "free_size": 9940467712,
                    }
                ],
            }
        },
        FAILURES,
    ),
    "NetworkInfo": MethodWords(
        TAG,
        "Interfaces, gateways and name servers of a guest",
        _TOLD,
        BY_ID,
        {
            "One interface": {
                "dns_servers": ["10.0.2.3"],
                "gateways": [{"address": "10.0.2.2"}],
                "interfaces": [
                    {
                        "name": "eth0",
                        "addresses": [{"address": "10.0.2.10", "prefix": 24}],
                        "rx_bytes": 120443,
                        "tx_bytes": 80121,
                        "rx_errors": 0,
                        "tx_errors": 0,
                    }
                ],
                "wg_info": "",
            }
        },
        FAILURES,
    ),
    "ListContainers": MethodWords(
        TAG,
        "Containers in a guest",
        "Told by dstack's agent only; the QEMU guest agent knows of none, which is a 409.",
        BY_ID,
        {
            "One container": {
                "containers": [
                    {
                        "id": "f1d2d2f924e9",
                        "names": ["/web"],
                        "image": "nginx:1.27",
                        "image_id": "sha256:9bea9f2796e2",
                        "created": 1796040000,
                        "state": "running",
                        "status": "Up 2 hours",
                    }
                ]
            }
        },
        FAILURES,
    ),
    "Shutdown": MethodWords(
        TAG,
        "Ask a guest to power off",
        "The same as ShutdownVm, but for a VM that doesn't run, which is a 409.",
        BY_ID,
        failures=FAILURES,
    ),
}

FIELDS: dict[str, dict[str, Words]] = {
    "GuestInfo": {
        "version": "the agent's",
        "app_cert": "PEM",
        "tcb_info": "what the guest was measured as: a JSON document as text",
    },
    "SystemInfo": {
        "total_memory": "bytes, as all of memory and swap",
        "available_memory": "what programs could get without swapping",
        "used_memory": "total without available",
        "uptime": "seconds",
        "loadavg_one": "times 100, as all three",
        "disks": "mounted file systems",
    },
    "DiskInfo": {"total_size": "bytes", "free_size": "bytes"},
    "Interface": {"rx_bytes": "since the guest booted, as all four"},
    "NetworkInformation": {"wg_info": "what `wg` prints in a dstack guest"},
    "Container": {"created": "seconds since 1970"},
}
