"""Methods about virtual machines."""

from __future__ import annotations

from typing import Any

from vms.prpc.openapi.words.base import MethodWords

TAG = "Virtual machines"
ID = "63f3177b-bae6-4c3c-9a1f-0d6a2b1c9e55"
COMPOSE = (
    '{"manifest_version":2,"name":"dstack-example","runner":"docker-compose",'
    '"docker_compose_file":"services:\\n  app:\\n    image: my-image\\n"}'
)
APP_ID = "dca5c51bf09e76eec94103e9b1df823a9e6e8a42"
PORT = {"protocol": "tcp", "host_port": 8080, "vm_port": 80, "host_address": "127.0.0.1"}
CREATE = {
    "name": "my-app",
    "image": "dstack-0.5.3",
    "compose_file": COMPOSE,
    "vcpu": 2,
    "memory": 2048,
    "disk_size": 10,
    "ports": [PORT],
    "encrypted_env": "",
    "app_id": "",
    "user_config": "{}",
}
CONFIGURATION: dict[str, Any] = {
    **CREATE,
    "app_id": APP_ID,
    "hugepages": False,
    "pin_numa": False,
    "gpus": {"gpus": [], "attach_mode": "listed"},
    "kms_urls": [],
    "gateway_urls": [],
    "stopped": False,
    "no_tee": False,
    "networking": {"mode": "user", "bridge_name": ""},
    "networks": [{"mode": "user", "bridge_name": ""}],
    "simulated_tee": None,
    "node": "",
}
INFO: dict[str, Any] = {
    "id": ID,
    "name": "my-app",
    "status": "running",
    "uptime": "2h 3m 4s",
    "app_url": None,
    "app_id": APP_ID,
    "instance_id": None,
    "configuration": CONFIGURATION,
    "exited_at": "never",
    "boot_progress": "done",
    "boot_error": "",
    "shutdown_progress": "",
    "image_version": "0.5.3",
    "events": [{"event": "host.started", "body": "", "timestamp": 1796040000000}],
    "interfaces": [
        {
            "mode": "user",
            "backend": "slirp",
            "mac": "02:6f:3a:1c:77:10",
            "bridge_name": None,
            "netdev_id": "net0",
        }
    ],
    "node": "rack-3",
}
BY_ID = {"By id": {"id": ID}}
CHANGES = (404, 409, 503)

METHODS = {
    "CreateVm": MethodWords(
        TAG,
        "Create a VM, and start it",
        "Checks everything first, then reserves, writes down, and starts the VM unless `stopped`. Answers "
        "once it is launched. Whatever fails leaves nothing behind: no VM, no files, no port. A launch that "
        "takes longer than 30 s is answered with the id all the same; a later failure shows in `boot_error`. "
        "Of several nodes it goes to the one in `node`, else to the least loaded of those that can take it.",
        {"An app with a port": CREATE, "Prepared only": CREATE | {"stopped": True, "ports": []}},
        {"Created": {"id": ID}},
        CHANGES,
    ),
    "CheckVm": MethodWords(
        TAG,
        "Check what CreateVm would refuse",
        "Takes what CreateVm takes, reserves and writes nothing. A wrong configuration is no failure, nor is "
        "a value of a wrong type: all that is wrong is in `problems`, in CreateVm's own words, first what it "
        "would name. Without problems CreateVm would launch it now, as far as that can be known before; it "
        "decides anew. `notes` forbid nothing. Of several nodes, `nodes` tells what is against each.",
        {"An app with a port": CREATE, "Nothing yet": {}},
        {
            "A port is taken": {
                "app_id": APP_ID,
                "compose_hash": "dca5c51bf09e76eec94103e9b1df823a9e6e8a42a0e3a9e0b1f4d9c2f1b7a6d5",
                "problems": [
                    {
                        "field": "ports",
                        "message": "ports[0].host_port: tcp port 8080 is taken by "
                        "VM 'my-app' (63f3177b-bae6-4c3c-9a1f-0d6a2b1c9e55, running)",
                    }
                ],
                "notes": [
                    {
                        "field": "name",
                        "message": "VM 'my-app' (63f3177b-bae6-4c3c-9a1f-0d6a2b1c9e55, running) "
                        "has the same name",
                    }
                ],
                "nodes": [],
            }
        },
        (404, 503),
    ),
    "StartVm": MethodWords(
        TAG,
        "Start a VM",
        "Answers once it is launched. A VM that runs is left as it is.",
        BY_ID,
        failures=(*CHANGES, 504),
    ),
    "StopVm": MethodWords(
        TAG,
        "Stop a VM at once",
        "As pulling the plug: the guest isn't asked. Answers once it is off. A VM that is off "
        "is left as it is.",
        BY_ID,
        failures=(*CHANGES, 504),
    ),
    "ShutdownVm": MethodWords(
        TAG,
        "Ask a VM's guest to shut down",
        "Answers once the guest has accepted. Until it is off its status is `stopping`; a guest that "
        "ignores it can be stopped with StopVm.",
        BY_ID,
        failures=(*CHANGES, 504),
    ),
    "RemoveVm": MethodWords(
        TAG,
        "Remove a VM with its disk",
        "Stops it if it runs. Answers once the removal is written down; cleaning up goes on, also over a "
        "restart of the server. Meanwhile its status is `removing`.",
        BY_ID,
        failures=CHANGES,
    ),
    "UpdateVm": MethodWords(
        TAG,
        "Change a VM",
        "Empty `compose_file`, `encrypted_env` and `user_config` stay as they are, as do absent `gpus`. "
        "Ports, URLs and networks change only with their `update_…` flag; an empty list then clears them. "
        "CPUs, memory, disk and image can change only while the VM is off; the rest takes effect at the next "
        "start. One wrong field, and nothing changes.",
        {
            "New app": {"id": ID, "compose_file": COMPOSE},
            "Other ports": {"id": ID, "update_ports": True, "ports": [PORT]},
        },
        {"Updated": {"id": ID}},
        CHANGES,
    ),
    "UpgradeApp": MethodWords(
        TAG,
        "Change a VM (another name)",
        "The same as UpdateVm.",
        {"New app": {"id": ID, "compose_file": COMPOSE}},
        {"Updated": {"id": ID}},
        CHANGES,
    ),
    "ResizeVm": MethodWords(
        TAG,
        "Change CPUs, memory, disk or image",
        "Only while the VM is off. A disk never shrinks. A request that changes nothing is refused.",
        {"Twice the memory": {"id": ID, "vcpu": 4, "memory": 4096}},
        failures=CHANGES,
    ),
    "GetComposeHash": MethodWords(
        TAG,
        "The hash that identifies an app",
        "SHA-256 of the exact bytes of `compose_file`; of the other fields none is looked at.",
        {"Of this app": {"compose_file": COMPOSE}},
        {"Hash": {"hash": "dca5c51bf09e76eec94103e9b1df823a9e6e8a42a0e3a9e0b1f4d9c2f1b7a6d5"}},
    ),
    "Status": MethodWords(
        TAG,
        "List VMs",
        "Oldest first. `ids` and `keyword` narrow it down, `page` and `page_size` cut it; `total` counts "
        "before the cut. `brief` leaves out the configurations.",
        {"All, briefly": {"brief": True}, "A page": {"keyword": "my-app", "page": 1, "page_size": 20}},
        {
            "One VM": {"vms": [INFO], "port_mapping_enabled": True, "total": 1},
            "One VM briefly": {
                "vms": [INFO | {"configuration": None}],
                "port_mapping_enabled": True,
                "total": 1,
            },
        },
    ),
    "GetInfo": MethodWords(
        TAG,
        "One VM",
        "An unknown id is no failure: `found` is false then.",
        BY_ID,
        {"Found": {"found": True, "info": INFO}, "Unknown": {"found": False, "info": None}},
    ),
    "ListEvents": MethodWords(
        TAG,
        "What happened to a VM",
        "All events that are kept; GetInfo and Status tell the last few. To follow them, give the number of "
        "the last one that is known. What a guest said is its word: any text, of up to 4096 characters.",
        {"All": {"id": ID}, "What is new": {"id": ID, "after": 1207}},
        {
            "Some": {
                "events": [
                    {"number": 1208, "event": "host.started", "body": "pid 8144", "timestamp": 1796040000000},
                    {"number": 1209, "event": "boot.progress", "body": "done", "timestamp": 1796040009000},
                ],
                "kept": 500,
            }
        },
        (404,),
    ),
}
