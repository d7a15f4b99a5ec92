"""What the fields mean, by message. A pair says also what values an answer can have."""

from __future__ import annotations

from typing import Any

Words = str | tuple[str, dict[str, Any]]

STATUS_WORDS = ["running", "exited", "stopping", "stopped", "removing"]
_MACHINE = {
    "vcpu": "virtual CPUs, at least 1",
    "memory": "MB, at least 1",
    "disk_size": "GB, at least 1; never shrinks",
    "image": "name of an image, as ListImages has it",
}
_URLS = {
    "kms_urls": "the VM's own KMS, instead of the host's",
    "gateway_urls": "the VM's own gateways, instead of the host's",
}
_COMPOSE = "the application, a JSON object as text; its exact bytes are the app's identity"
_ENV = "X25519 public key (32 bytes), nonce (12), AES-256-GCM ciphertext with tag of the environment"

FIELDS: dict[str, dict[str, Words]] = {
    "Id": {"id": "the VM's id (of images the name, of processes the process's id)"},
    "AppId": {"app_id": "20 bytes"},
    "VmConfiguration": {
        **_MACHINE,
        **_URLS,
        "name": "1 to 128 ASCII letters, digits and - _ . @ ~ ! $ ^ ( ) and space; need not be unique",
        "compose_file": _COMPOSE,
        "ports": "host ports that lead into the VM; need a network of mode user",
        "encrypted_env": _ENV,
        "app_id": "40 hex digits; empty: the first 40 of the compose file's SHA-256",
        "user_config": "handed to the guest as it is",
        "hugepages": "memory from huge pages, split over the NUMA nodes of its GPUs",
        "pin_numa": "keep to the CPUs near its GPUs",
        "stopped": "prepare only, don't start",
        "no_tee": "a plain VM, without confidentiality",
        "node": "name of the node that it shall run on; empty: the least loaded of those that can take it",
        "networking": "one interface; `networks` wins",
        "networks": "interfaces; none: the host's default",
        "simulated_tee": "development: the platform to simulate, such as dstack-tdx; implies no_tee",
    },
    "UpdateVmRequest": {
        **_MACHINE,
        **_URLS,
        "id": "the VM's id",
        "compose_file": f"{_COMPOSE}; empty: unchanged",
        "encrypted_env": f"{_ENV}; empty: unchanged",
        "user_config": "handed to the guest as it is; empty: unchanged",
        "update_ports": "whether `ports` replaces the VM's",
        "update_kms_urls": "whether `kms_urls` replaces the VM's",
        "update_gateway_urls": "whether `gateway_urls` replaces the VM's",
        "update_networking": "whether `networks` replaces the VM's",
        "gpus": "null: unchanged; `listed` without a GPU: detach all",
        "no_tee": "null: unchanged",
    },
    "ResizeVmRequest": {**_MACHINE, "id": "the VM's id"},
    "GpuConfig": {
        "attach_mode": "listed (default), or all: every 3D controller and NVSwitch of NVIDIA",
        "gpus": "with listed; the guest sees them in this order",
    },
    "GpuDevice": {
        "kind": ("what it is", {"enum": ["gpu", "bridge"]}),
        "driver": "the host's driver that has it",
        "iommu_group": "one group serves one VM; null: it is in none",
        "is_free": "whether the next VM that asks for it gets it",
        "obstacle": "why no VM can ask for it, and the way out; empty where one can",
        "is_leased": "whether a VM has it",
        "holder_id": "that VM; empty for who doesn't see it",
        "holder_name": "its name; empty for who doesn't see it",
    },
    "ListGpuDevicesResponse": {
        "enabled": "whether the settings give GPUs to VMs at all",
        "allow_attach_all": "whether a VM may ask for all at once",
    },
    "GpuSpec": {"slot": "a PCI address such as 65:00.0, as ListGpus has it; 0000:65:00.0 is the same"},
    "PortMapping": {
        "protocol": "tcp or udp",
        "host_port": "1 to 65535, of those that the host allows",
        "vm_port": "1 to 65535",
        "host_address": "an IPv4 address of the host; empty: the configured one",
    },
    "NetworkingConfig": {"mode": "user or bridge", "bridge_name": "of mode bridge only"},
    "StatusRequest": {
        "ids": "only these; none: all",
        "brief": "leave out the configurations",
        "keyword": "case-sensitive part of name, id, app_id or image",
        "page": "from 1; 0: all",
        "page_size": "0: all",
    },
    "StatusResponse": {"total": "how many match, before paging"},
    "VmInfo": {
        "status": ("what the VM should and does do, in one word", {"enum": STATUS_WORDS}),
        "uptime": "elapsed time in words, such as `2h 3m 4s`, or `never`",
        "exited_at": "how long ago it ended, in words, or `never`",
        "app_url": "where the gateway serves the app",
        "instance_id": "null until the guest has told it",
        "configuration": "null where the request was brief",
        "boot_progress": "the guest's own words while it boots",
        "boot_error": "why it doesn't run as it should, and what comes next",
        "events": "the last of them, newest last",
    },
    "GuestEvent": {"timestamp": "ms since 1970"},
    "ListEventsRequest": {"after": "only those that came after the one of this number; 0: all"},
    "ListEventsResponse": {
        "events": "oldest first; at most 1000, of more the newest",
        "kept": "how many are kept of a VM before the oldest goes",
    },
    "VmEvent": {
        "number": "grows, and is never used twice",
        "event": "what began with `host.` was seen by the host, all else is the guest's word",
        "timestamp": "ms since 1970",
    },
    "NetworkInterfaceStatus": {"backend": ("", {"enum": ["slirp", "tap_bridge", "custom"]})},
    "ComposeHash": {"hash": "lower-case hex"},
    "ResourcesSettings": {
        "max_cvm_number": "VMs at most",
        "max_allocable_vcpu": "CPUs of all VMs together; 0: no limit",
        "max_allocable_memory_in_mb": "MB of all VMs together; 0: no limit",
    },
    "PublicKeyResponse": {"timestamp": "seconds since 1970"},
    "Remark": {"field": "the request's field that it is about; empty: none of them, or several"},
    "CheckVmResponse": {
        "app_id": "as CreateVm would give it; empty where the compose file can't be read",
        "compose_hash": "lower-case hex; empty where the compose file can't be read",
        "problems": "what CreateVm refuses, at most 100; each message begins with the place in the request",
        "notes": "what it takes all the same, and is worth knowing",
    },
    "GetHostResponse": {
        "platform": "what confidential VMs it launches: none, tdx or amd-sev-snp",
        "accelerator": "kvm or tcg",
        "started_at_ms": "when this server began; ms since 1970",
        "memory_mb": "of the whole host; MB",
        "vcpus_used": "of VMs that run or should",
        "memory_mb_used": "of VMs that run or should; MB",
        "max_vcpu": "how many they may have together; null: no limit",
        "max_memory_mb": "how much they may have together; null: no limit",
        "vms_running": "VMs that have, or may have, a process",
        "disk_total_gb": "of the file system that VMs grow in",
        "disk_free_gb": "of the file system that VMs grow in",
        "settings": "in the order of the settings file",
        "findings": "what is not well, as of `findings_at_ms`",
        "findings_at_ms": "ms since 1970; 0: nobody has looked yet",
    },
    "HostSetting": {
        "key": "as in the settings file, sections and all",
        "value": "a text as it is, all else as TOML has it; of a secret `(set)` or `(not set)`",
        "is_default": "whether neither file nor environment set it",
        "help": "what it means; † begins what has no effect yet",
    },
    "HostFinding": {
        "id": "the same wherever it is found",
        "level": ("how much it matters", {"enum": ["note", "warning", "problem"]}),
        "remedy": "how to mend it; empty: nothing to do",
        "affects": "what it is about, in words",
        "prevents": "whether that can't work at all",
        "skipped": "whether it could not be looked at",
    },
    "SvProcessInfo": {"status": "running, stopped, exited(<code>) or error(<message>)"},
    "RegistryImageInfo": {"error": "why the last pull failed"},
    "ImageInfo": {"description": "the image's metadata as JSON text where it has no description"},
}
