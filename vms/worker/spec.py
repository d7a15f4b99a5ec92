"""From a VM's row and its image to the frozen spec that the hypervisor launches."""

from __future__ import annotations

import orjson

from vms.choices import Desired
from vms.conf import conf
from vms.hypervisor.spec import GuestSpec, ImageFiles, NetworkMode, NetworkSpec, PortForward, Tdx, Transport
from vms.images.store import StoredImage, read_image
from vms.models import Vm


def build_spec(vm: Vm) -> GuestSpec:
    """The spec of the VM's next run.

    Raises:
        BrokenImage: its image is not there (any more), or can't be used.
    """
    image = read_image(conf().image.path, vm.image)
    return GuestSpec(
        vm_id=vm.pk,
        vcpu=vm.vcpu,
        memory_mb=vm.memory,
        disk_gb=vm.disk_size,
        cid=vm.cid,
        image=_image_files(image),
        networks=_networks(vm),
        generation=vm.generation,
        tee=None if vm.no_tee else Tdx(),
        shared_files=_shared_files(vm, image),
        run_files={
            "vm-manifest.json": orjson.dumps(manifest(vm), option=orjson.OPT_INDENT_2),
            "vm-state.json": orjson.dumps({"started": vm.desired == Desired.RUNNING}),
        },
    )


def manifest(vm: Vm) -> dict[str, object]:
    """``vm-manifest.json``: the configuration in the existing dstack-vmm's own form."""
    extra: dict[str, object] = vm.manifest_extra
    return extra | {
        "id": vm.pk,
        "name": vm.name,
        "app_id": vm.app_id,
        "vcpu": vm.vcpu,
        "memory": vm.memory,
        "disk_size": vm.disk_size,
        "image": vm.image,
        "port_map": [
            {
                "address": port.host_address,
                "protocol": port.protocol,
                "from": port.host_port,
                "to": port.vm_port,
            }
            for port in vm.ports.all()
        ],
        "created_at_ms": vm.created_at_ms,
        "hugepages": vm.hugepages,
        "pin_numa": vm.pin_numa,
        "gpus": vm.gpus | {"bridges": []},
        "kms_urls": vm.kms_urls,
        "gateway_urls": vm.gateway_urls,
        "no_tee": vm.no_tee,
        "simulated_tee": vm.simulated_tee or None,
        "swtpm": False,
        "networks": vm.networks,
        "networking": vm.networks[0] if vm.networks else None,
        "volumes": [],
    }


def _image_files(image: StoredImage) -> ImageFiles:
    return ImageFiles(
        kernel=image.kernel,
        initrd=image.initrd,
        cmdline=image.cmdline,
        pvh_kernel=image.pvh_kernel,
        rootfs=image.rootfs,
        hda=image.hda,
        bios=image.bios,
        shared_ro=image.shared_ro,
    )


def _networks(vm: Vm) -> tuple[NetworkSpec, ...]:
    forwards = tuple(
        PortForward(Transport(port.protocol), port.host_address, port.host_port, port.vm_port)
        for port in vm.ports.all()
    )
    networks = []
    for network in vm.networks:
        mode = NetworkMode(network["mode"])
        takes = forwards if mode is NetworkMode.USER else ()
        forwards = () if takes else forwards
        custom = conf().cvm.networking.netdev if mode is NetworkMode.CUSTOM else ""
        networks.append(NetworkSpec(mode, network["bridge_name"], custom=custom, forwards=takes))
    return tuple(networks)


def _shared_files(vm: Vm, image: StoredImage) -> dict[str, bytes | None]:
    return {
        "app-compose.json": vm.compose_file.encode(),
        ".sys-config.json": _sys_config(vm, image),
        ".user-config": vm.user_config.encode(),
        ".encrypted-env": bytes(vm.encrypted_env) or None,
        ".instance_info": _instance_info(vm),
    }


def _sys_config(vm: Vm, image: StoredImage) -> bytes:
    cvm = conf().cvm
    vm_config = {
        "spec_version": 1,
        "os_image_hash": image.digest,
        "cpu_count": vm.vcpu,
        "memory_size": vm.memory << 20,
        "image": vm.image,
    }
    return orjson.dumps(
        {
            "kms_urls": vm.kms_urls or list(cvm.kms_urls),
            "gateway_urls": vm.gateway_urls or list(cvm.gateway_urls),
            "pccs_url": cvm.pccs_url or None,
            "docker_registry": cvm.docker_registry or None,
            "host_api_url": f"vsock://{conf().host_api.cid}:{conf().host_api.port}/api",
            "vm_config": orjson.dumps(vm_config).decode(),
        }
    )


def _instance_info(vm: Vm) -> bytes | None:
    """What a guest told of itself earlier; absent until then. The app id is always ours."""
    if not vm.instance_id:
        return None
    return orjson.dumps(
        {
            "instance_id_seed": vm.instance_id_seed,
            "instance_id": vm.instance_id,
            "app_id": vm.app_id,
        }
    )
