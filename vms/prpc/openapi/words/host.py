"""Methods about the host, its keys and its processes."""

from __future__ import annotations

from vms.prpc.openapi.words.base import MethodWords
from vms.prpc.openapi.words.machines import APP_ID, ID

HOST, KEYS, PROCESSES = "Host", "Keys", "Processes"
PROCESS_ID = {"By id": {"id": ID}}

METHODS = {
    "Version": MethodWords(
        HOST,
        "Version of this server",
        "`rev` is the short git revision it was built of.",
        answers={"A version": {"version": "0.6.0", "rev": "abc1234"}},
    ),
    "GetMeta": MethodWords(
        HOST,
        "Settings that clients need",
        "The KMS and gateway of this host, how much it gives to VMs (0: no limit), and its kinds of network.",
        answers={
            "A host with a bridge": {
                "kms": {"url": "https://kms.example.com", "urls": ["https://kms.example.com"]},
                "gateway": {
                    "url": "https://gateway.example.com",
                    "base_domain": "example.com",
                    "port": 443,
                    "agent_port": 8090,
                    "urls": ["https://gateway.example.com"],
                },
                "resources": {
                    "max_cvm_number": 1000,
                    "max_allocable_vcpu": 64,
                    "max_allocable_memory_in_mb": 262144,
                },
                "networking": {
                    "supported_modes": ["user", "bridge"],
                    "default_mode": "user",
                    "default_bridge": "br0",
                },
            }
        },
    ),
    "GetHost": MethodWords(
        HOST,
        "This host, what of it is in use, and what the server is set to",
        "For who sees more than VMs of their own. `…_used` is what VMs have that run or should. Disk sizes "
        "are null until the disk was looked at. Of a secret setting it is told whether it is set, no more.",
        answers={
            "A host": {
                "name": "rack-3",
                "version": "0.6.0",
                "platform": "tdx",
                "accelerator": "kvm",
                "started_at_ms": 1796040000000,
                "cpus": 64,
                "cpu_model": "INTEL(R) XEON(R) GOLD 6530",
                "memory_mb": 515442,
                "vcpus_used": 12,
                "memory_mb_used": 49152,
                "max_vcpu": 60,
                "max_memory_mb": None,
                "vms_running": 5,
                "vms": 7,
                "data_dir": "/var/lib/dstack-vmm",
                "disk_total_gb": 1788,
                "disk_free_gb": 1203,
                "kernel": "Linux 6.8.0-49-generic",
                "qemu_version": "9.2.1",
                "settings": [
                    {
                        "key": "cvm.max_allocable_vcpu",
                        "value": "60",
                        "is_default": False,
                        "help": "vCPUs that running VMs may have together; not given: no limit",
                    }
                ],
                "findings": [
                    {
                        "id": "storage.space",
                        "group": "storage",
                        "title": "Free space",
                        "level": "warning",
                        "found": "4 GB are free in /var/lib/dstack-vmm",
                        "remedy": "remove what isn't needed, or move data_dir",
                        "affects": ["plain VMs"],
                        "prevents": False,
                        "skipped": False,
                    }
                ],
                "findings_at_ms": 1796040001000,
            }
        },
        failures=(404,),
    ),
    "ListGpus": MethodWords(
        HOST,
        "GPUs of this host",
        "`slot` is what CreateVm's `gpus` names. A GPU serves one VM, from the request to run until it is "
        "really off and won't start again by itself; until then, or while the host uses it or can't give it "
        "away, it is not free.",
        answers={
            "One GPU": {
                "gpus": [
                    {
                        "slot": "65:00.0",
                        "product_id": "10de:2331",
                        "description": "NVIDIA H100 PCIe",
                        "is_free": True,
                    }
                ],
                "allow_attach_all": False,
            }
        },
        failures=(404,),
    ),
    "ListGpuDevices": MethodWords(
        HOST,
        "All that a VM could be given of this host's GPUs",
        "Every GPU and NVSwitch that was found, also those that no VM can be given: `obstacle` says why. Of "
        "a VM that has one, id and name are told to who sees it.",
        answers={
            "One that is taken": {
                "devices": [
                    {
                        "slot": "65:00.0",
                        "product_id": "10de:2331",
                        "description": "NVIDIA H100 PCIe",
                        "kind": "gpu",
                        "driver": "vfio-pci",
                        "numa_node": 1,
                        "iommu_group": 42,
                        "is_free": False,
                        "obstacle": "",
                        "is_leased": True,
                        "holder_id": ID,
                        "holder_name": "inference",
                    }
                ],
                "enabled": True,
                "allow_attach_all": False,
            }
        },
        failures=(404,),
    ),
    "ReloadVms": MethodWords(
        HOST,
        "Read the VMs' directories again",
        "Imports what was put there, updates what was changed there, forgets what is gone.",
        answers={"Two found": {"loaded": 2, "updated": 0, "removed": 0}},
        failures=(409, 503, 504),
    ),
    "GetAppEnvEncryptPubKey": MethodWords(
        KEYS,
        "The key that an app's environment is encrypted to",
        "Passed through from the KMS. `signature_v1` is the KMS's signature over the app id, `timestamp` and "
        "the key; `signature` the older one without the time. Check them before you encrypt.",
        {"By app id": {"app_id": APP_ID}},
        {
            "A key": {
                "public_key": "ab" * 32,
                "signature": "cd" * 65,
                "timestamp": 1796040000,
                "signature_v1": "ef" * 65,
            }
        },
        (502, 503, 504),
    ),
    "SvList": MethodWords(
        PROCESSES,
        "Processes behind the VMs",
        "A VM's QEMU has the VM's id; a helper has it as its beginning. `status` is `running`, `stopped`, "
        "`exited(<code>)` or `error(<message>)`.",
        answers={
            "One VM": {
                "processes": [
                    {
                        "id": ID,
                        "name": "my-app",
                        "status": "running",
                        "pid": 4711,
                        "command": "qemu-system-x86_64",
                        "note": "",
                    }
                ]
            }
        },
        failures=(404,),
    ),
    "SvStop": MethodWords(
        PROCESSES,
        "Stop the process of a VM",
        "The same as StopVm: a process ended behind its VM's back would be started again.",
        PROCESS_ID,
        failures=(404, 409, 503, 504),
    ),
    "SvRemove": MethodWords(
        PROCESSES,
        "Forget how a process ended",
        "Only of one that doesn't run.",
        PROCESS_ID,
        failures=(404, 409),
    ),
}
